import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { Project } from '../testing/project.ts';

/** A repository with two versions of a template. */
async function repository(): Promise<Project & { readonly first: string }> {
  const project = await Project.create({
    'template/tiny/template.yml': 'language: tiny\n',
    'template/tiny/version': '1',
    'template/other/template.yml': 'language: other\n',
  });
  project.git('init', '-q', '-b', 'main');
  project.git('add', '.');
  project.git('commit', '-qm', 'one');
  project.git('tag', 'v1');
  await project.write({ 'template/tiny/version': '2' });
  project.git('commit', '-qam', 'two');
  return Object.assign(project, { first: project.git('rev-parse', 'v1') });
}

test('template pull writes every template of a repository with where it came from', async (t) => {
  await using source = await repository();
  await using project = await Project.create();
  const { code, stdout } = await project.run(['template', 'pull', source.folder]);
  t.is(code, 0);
  t.is(stdout, `Fetch templates from repository: ${source.folder}\nWrote 2 template(s): other, tiny\n`);
  t.is(await readFile(project.path('template/tiny/version'), 'utf8'), '2');
  const meta = JSON.parse(await readFile(project.path('template/tiny/meta.json'), 'utf8'));
  t.deepEqual(Object.keys(meta), ['repository', 'ref_name', 'sha', 'written_at']);
  t.like(meta, { repository: source.folder, ref_name: '' });
});

test('a ref or a commit pins what is pulled, and --overwrite=false keeps what is there', async (t) => {
  await using source = await repository();
  await using project = await Project.create();
  const version = () => readFile(project.path('template/tiny/version'), 'utf8');
  await project.run(['template', 'pull', `file://${source.folder}#v1`]);
  t.is(await version(), '1');
  const kept = await project.run(['template', 'pull', `file://${source.folder}`, '--overwrite=false']);
  t.regex(kept.stdout, /Left as they were: other, tiny\n$/);
  t.is(await version(), '1');
  await project.run(['template', 'pull', `file://${source.folder}`]);
  t.is(await version(), '2');
  t.like(await project.run(['template', 'pull', `file://${source.folder}#sha-${source.first.slice(0, 8)}`]), {
    code: 0,
  });
  t.is(await version(), '1');
});

test('template pull stack gets what the stack file names, pinned under its pinned name', async (t) => {
  await using source = await repository();
  await using project = await Project.create({
    'stack.yaml': `provider: { name: openfaas }
configuration:
  templates:
    - { name: tiny@v1, source: "file://${source.folder}#v1" }
functions:
  a: { image: a }
`,
  });
  t.like(await project.run(['template', 'pull', 'stack']), { code: 0, stderr: '' });
  t.deepEqual(await readdir(project.path('template')), ['tiny@v1']);
});

test('a repository that is not there, or has no templates, is said to be, and leaves nothing', async (t) => {
  await using source = await Project.create({ file: 'x' });
  await using project = await Project.create();
  t.regex(
    (await project.run(['template', 'pull', source.path('none')])).stderr,
    /^Cannot fetch .*none: .*does not exist/,
  );
  source.git('init', '-q');
  source.git('commit', '-q', '--allow-empty', '-m', 'x');
  t.regex(
    (await project.run(['template', 'pull', source.folder])).stderr,
    /has no templates: it needs a folder "template"/,
  );
  t.deepEqual(await readdir(project.folder), []);
});

test('template store lists, shows and pulls the templates that come with faas-cli, and those of another store', async (t) => {
  await using source = await repository();
  await using project = await Project.create();
  const listed = await project.run(['template', 'store', 'list']);
  t.regex(listed.stdout, /^NAME +RECOMMENDED +DESCRIPTION +SOURCE\n/);
  t.regex(listed.stdout, /\ntypescript +\[x\] /);
  t.regex((await project.run(['template', 'store', 'describe', 'typescrip'])).stderr, /did you mean "typescript"\?/);
  t.is((await project.run(['template', 'store', 'pull', 'bash'])).stdout, 'Wrote 1 template(s): bash\n');
  t.true((await readdir(project.path('template/bash'))).includes('template.yml'));
  const entry = {
    template: 'tiny',
    platform: 'x86_64',
    language: 'Tiny',
    source: 'ada',
    description: 'd',
    repo: `file://${source.folder}`,
    official: 'false',
  };
  await project.write({ 'templates.json': JSON.stringify([entry]) });
  project.env.OPENFAAS_TEMPLATE_STORE_URL = project.path('templates.json');
  t.is(
    (await project.run(['template', 'store', 'ls', '-v'])).stdout.split('\n')[1],
    'tiny   [ ]           d             ada      Tiny       x86_64',
  );
  t.like(await project.run(['template', 'store', 'pull', 'tiny@v1']), { code: 0, stderr: '' });
  t.is(await readFile(project.path('template/tiny@v1/version'), 'utf8'), '1');
});
