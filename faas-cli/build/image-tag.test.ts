import test from 'ava';
import { Project } from '../testing/project.ts';
import { imageTag } from './image-tag.ts';

const nowhere = { cwd: '/', handler: undefined };

test('--tag latest adds only a tag that is missing', async (t) => {
  t.is(await imageTag('hello', 'latest', nowhere), 'hello:latest');
  t.is(await imageTag('registry:5000/a/hello', 'latest', nowhere), 'registry:5000/a/hello:latest');
  t.is(await imageTag('registry:5000/a/hello:1.0', 'latest', nowhere), 'registry:5000/a/hello:1.0');
  t.is(await imageTag('hello@sha256:abc', 'latest', nowhere), 'hello@sha256:abc');
});

test('--tag sha, branch and describe ask git', async (t) => {
  await using project = await Project.create({ file: 'x' });
  project.git('init', '-q', '-b', 'feature/x');
  project.git('add', '.');
  project.git('commit', '-qm', 'first');
  project.git('tag', 'v1');
  const sha = project.git('rev-parse', '--short', 'HEAD');
  const place = { cwd: project.folder, handler: undefined };
  t.is(await imageTag('hello', 'sha', place), `hello:latest-${sha}`);
  t.is(await imageTag('hello:1.0', 'branch', place), `hello:1.0-feature-x-${sha}`);
  t.is(await imageTag('hello', 'describe', place), 'hello:latest-v1');
});

test("--tag digest is the handler's content", async (t) => {
  await using project = await Project.create({ 'a/f': '1', 'b/f': '1', 'c/f': '2' });
  const tag = (name: string) => imageTag('hello:1', 'digest', { cwd: project.folder, handler: project.path(name) });
  t.regex(await tag('a'), /^hello:[0-9a-f]{32}$/);
  t.is(await tag('a'), await tag('b'));
  t.not(await tag('a'), await tag('c'));
});

test('an unknown format, and git without a repository, are errors that say so', async (t) => {
  await using project = await Project.create();
  await t.throwsAsync(imageTag('hello', 'x', nowhere), { message: /--tag must be one of latest, sha/ });
  await t.throwsAsync(imageTag('hello', 'sha', { cwd: project.folder, handler: undefined }), {
    message: /needs a git repository/,
  });
});
