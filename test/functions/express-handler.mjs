export const express = (req, res) => res.status(203).type('json').json({ query: req.query, body: req.body });
