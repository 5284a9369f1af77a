module.exports = (event) => ({ style: 'commonjs', path: event.path });
