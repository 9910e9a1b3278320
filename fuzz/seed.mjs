// Writes the frames of vectors/ as seeds into the folder named, one folder a protocol. Run from this folder.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const corpus = process.argv[2] ?? 'corpus';

// Files carry their protocol's name, or `NAME-what.jsonl`; the names are those of the table in core/model.
const table = readFileSync('../core/model/src/protocol.rs', 'utf8');
const names = [...table.matchAll(/^\s+\w+ = \d+, "([a-z0-9-]+)",/gm)].map((match) => match[1]);
writeFileSync(`${corpus}/protocols.txt`, `${names.join('\n')}\n`);
for (const name of names) mkdirSync(`${corpus}/${name}`, { recursive: true });
mkdirSync(`${corpus}/recognise`, { recursive: true });

const protocolOf = (file) => {
  const stem = file.replace(/\.jsonl$/, '');
  return names.find((name) => stem === name || stem.startsWith(`${name}-`));
};

for (const folder of readdirSync('../vectors')) {
  for (const file of readdirSync(`../vectors/${folder}`).filter((name) => name.endsWith('.jsonl'))) {
    const protocol = protocolOf(file);
    if (!protocol) throw new Error(`vectors/${folder}/${file} carries the name of no protocol`);
    for (const line of readFileSync(`../vectors/${folder}/${file}`, 'utf8').split('\n').filter(Boolean)) {
      const vector = JSON.parse(line);
      const bytes = vector.hex ? Buffer.from(vector.hex, 'hex') : vector.text ? Buffer.from(vector.text) : null;
      if (!bytes) continue;
      const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
      for (const target of [protocol, 'recognise']) writeFileSync(`${corpus}/${target}/${name}`, bytes);
    }
  }
}

// Documents of partners and customs, for the target that reads them.
mkdirSync(`${corpus}/document`, { recursive: true });
for (const folder of ['../vectors/epcis', '../vectors/ncts']) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(jsonld|json|xml)$/.test(entry.name)) continue;
    const bytes = readFileSync(`${entry.parentPath}/${entry.name}`);
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    writeFileSync(`${corpus}/document/${name}`, bytes);
  }
}
