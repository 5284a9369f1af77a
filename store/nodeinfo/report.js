/** Facts about the machine, from `node:os`, and about the process. Sizes in bytes, times in seconds. */
export function report(os, process) {
  const cpus = os.cpus();
  return {
    hostname: os.hostname(),
    platform: os.platform(),
    release: os.release(),
    arch: os.arch(),
    cpus: { count: os.availableParallelism(), model: cpus[0]?.model.trim() ?? 'unknown' },
    memory: { total: os.totalmem(), free: os.freemem() },
    load: os.loadavg(),
    uptime: Math.floor(os.uptime()),
    node: {
      version: process.version,
      pid: process.pid,
      uptime: Math.floor(process.uptime()),
      memory: process.memoryUsage(),
      versions: { ...process.versions },
    },
    network: Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) =>
      addresses.map(({ address, family, internal }) => ({ name, address, family, internal })),
    ),
  };
}

/** The short form, for people. */
export function table({ hostname, platform, release, arch, cpus, memory, load, uptime, node }) {
  const rows = {
    Hostname: hostname,
    Platform: `${platform} ${release} (${arch})`,
    CPUs: `${cpus.count} x ${cpus.model}`,
    Memory: `${size(memory.free)} free of ${size(memory.total)}`,
    Load: load.map((value) => value.toFixed(2)).join(' '),
    Uptime: duration(uptime),
    Node: `${node.version}, process ${node.pid}, up ${duration(node.uptime)}, ${size(node.memory.rss)}`,
  };
  return Object.entries(rows)
    .map(([name, value]) => `${`${name}:`.padEnd(10)}${value}\n`)
    .join('');
}

/** `1.5 GiB`; whole bytes below 1 KiB. */
export function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

/** `2d 3h 4m`, without leading zeros; seconds below a minute. */
export function duration(seconds) {
  if (seconds < 60) return `${seconds}s`;
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
}
