export function node(req, res) {
  res.setHeader('X-Style', 'node');
  req.pipe(res);
}
