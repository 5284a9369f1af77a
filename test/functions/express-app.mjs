// A real Express app, exported as such.
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express from 'express';

const app = express();
app.use(express.json({ limit: '1kb' }), express.urlencoded({ extended: false }), express.text({ type: 'text/*' }));
app.post('/body', (req, res) => res.json({ body: req.body, type: req.is(['json', 'urlencoded', 'text']) }));
app.get('/users/:id', (req, res) => {
  res.cookie('a', '1').cookie('b', '2').append('X-Own', 'yes').status(201);
  res.send(`<p>${req.params.id} ${req.query.x} ${req.get('x-asked')} ${req.hostname} ${req.protocol} ${req.ip}</p>`);
});
app.get('/stream', (_req, res) => {
  res.type('text/plain').write('one ');
  app.once('go', () => res.end('two'));
});
app.post('/go', (_req, res) => {
  app.emit('go');
  res.sendStatus(204);
});
app.get('/file', (_req, res) => res.sendFile(fileURLToPath(import.meta.url)));
app.get('/pipe', (_req, res) => createReadStream(fileURLToPath(import.meta.url)).pipe(res));
app.get('/redirect', (_req, res) => res.redirect('/elsewhere?a=%20b'));
app.put('/echo', (req, res) => req.pipe(res));
app.get('/throw', () => {
  throw new Error('thrown in a route');
});
app.get('/reject', () => Promise.reject(Object.assign(new Error('rejected in a route'), { status: 418 })));
app.get('/cut', (_req, res) => {
  res.set('Content-Length', '10').write('half');
  res.destroy(new Error('cut'));
});
app.use('/errors', (_req, _res, next) => next(new Error('passed on')));
app.use('/errors', (error, _req, res, _next) => res.status(503).json({ told: error.message }));

export default app;
