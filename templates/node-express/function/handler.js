import { greeting } from './greeting.js';

/** Sets up the routes; called once, before the first call. `echo Ada | faas-cli invoke NAME` greets. */
export default function configure({ app, express }) {
  app.use(express.text({ type: () => true }));
  app.all('/', (req, res) => {
    res.type('text/plain').send(greeting(req.body));
  });
}
