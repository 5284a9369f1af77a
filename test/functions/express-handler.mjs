export const express = (req, res) => res.status(203).json({ query: req.query, body: req.body });
