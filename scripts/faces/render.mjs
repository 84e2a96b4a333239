// Draws cartoon faces: node render.mjs COUNT SEED FILE.zip [LABEL]
// The file holds COUNT pictures of 64x64 and labels.csv: the column label is the attribute LABEL (default hairColor),
// the others are all attributes of a face. The same COUNT, SEED and LABEL give the same file.
import { createAvatar } from '@dicebear/core';
import * as adventurer from '@dicebear/adventurer';
import { Resvg } from '@resvg/resvg-js';
import { zipSync, strToU8 } from 'fflate';
import { mkdirSync, writeFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

const [count, seed, file, label = 'hairColor'] = process.argv.slice(2);
const columns = ['hair', 'hairColor', 'skinColor', 'eyes', 'eyebrows', 'mouth', 'glasses', 'earrings', 'features'];
if (!/^[1-9]\d*$/.test(count ?? '') || !/^\d+$/.test(seed ?? '') || !file || !columns.includes(label)) {
  console.error(`usage: render.mjs COUNT SEED FILE.zip [${columns.join('|')}]`);
  process.exit(2);
}

const pastels = ['b6e3f4', 'c0aede', 'd1d4f9', 'ffd5dc', 'ffdfbf', 'c7f0d8', 'fdf1c4', 'e3e3e3', 'f7c8e0', 'd0ebff'];
const files = {};
const lines = [['file', 'label', ...columns].join(',')];
const field = value => `"${String(value ?? 'none').replaceAll('"', '""')}"`;
const width = String(count).length;
for (let i = 0; i < Number(count); i++) {
  const avatar = createAvatar(adventurer, { seed: `${seed}-${i}`, scale: 115, backgroundColor: pastels });
  const { extra } = avatar.toJson();
  const name = `${String(i).padStart(width, '0')}.png`;
  files[name] = new Resvg(avatar.toString(), { fitTo: { mode: 'width', value: 64 } }).render().asPng();
  lines.push([name, field(extra[label]), ...columns.map(c => field(extra[c]))].join(','));
  if (i % 500 === 499 || i + 1 === Number(count)) process.stderr.write(`\r${i + 1} of ${count} faces drawn`);
}
process.stderr.write('\n');
files['labels.csv'] = strToU8(lines.join('\n') + '\n');
mkdirSync(dirname(file), { recursive: true });
// PNG is packed already; a fixed date makes the same file every time
writeFileSync(`${file}.tmp`, zipSync(files, { level: 0, mtime: '1980-01-01' }));
renameSync(`${file}.tmp`, file);
