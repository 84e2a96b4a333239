// An image set that fits the shipped models: 32x32, ten labels, a bright row for each.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';

/** Writes `rows` to a folder of image sets, and gives its name. */
export async function writeRows(data) {
  const name = 'rows', folder = `${data}/${name}`, side = 32, splits = { train: 20, test: 20 }, files = {};
  await mkdir(folder, { recursive: true });
  const write = async (file, content) => {
    files[file] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    await writeFile(`${folder}/${file}`, content);
  };
  for (const [split, count] of Object.entries(splits)) {
    await write(`${split}.images.u8`, Uint8Array.from({ length: count * side * side }, (_, i) => Math.floor(i / side) % side === 2 * (Math.floor(i / side / side) % 10) ? 255 : 0));
    await write(`${split}.labels.u8`, Uint8Array.from({ length: count }, (_, i) => i % 10));
  }
  const classes = Array.from({ length: 10 }, (_, i) => `row ${i}`);
  await writeFile(`${folder}/manifest.json`, JSON.stringify({ format: 1, name, channels: 1, height: side, width: side, classes, splits, source: 'drawn', terms: 'none', files }));
  return name;
}
