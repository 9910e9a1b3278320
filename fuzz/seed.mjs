// Writes the frames of vectors/trackers as seeds, one folder a target. Run from this folder.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const targets = { jt600: 'jointech', jointech: 'jointech', jt808: 'jt808', gt06: 'gt06', teltonika: 'teltonika' };
const vectors = '../vectors/trackers';
for (const file of readdirSync(vectors).filter((name) => name.endsWith('.jsonl'))) {
  const target = targets[file.replace('-synthetic', '').replace('.jsonl', '')];
  if (!target) continue;
  for (const line of readFileSync(`${vectors}/${file}`, 'utf8').split('\n').filter(Boolean)) {
    const vector = JSON.parse(line);
    const bytes = vector.hex ? Buffer.from(vector.hex, 'hex') : vector.text ? Buffer.from(vector.text) : null;
    if (!bytes) continue;
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    for (const folder of [target, 'recognise']) {
      mkdirSync(`corpus/${folder}`, { recursive: true });
      writeFileSync(`corpus/${folder}/${name}`, bytes);
    }
  }
}
