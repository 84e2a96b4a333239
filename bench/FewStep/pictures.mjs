// node bench/FewStep/pictures.mjs URL FOLDER [SEED]
// A PNG for each arm: the digits 0-9, a row for each number of evaluations. The noise is the same in all of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { greyPng } from '../png.mjs';
import { arms, isMeasured, modelOf, samplersOf } from './arms.mjs';

const [url = 'http://localhost:8080', folder = 'docs/images/few-step', seed = '1'] = process.argv.slice(2);
const side = 16, labels = 10, scale = 2, rows = [1, 2, 4, 10], width = side * labels * scale, height = side * rows.length * scale;

async function digit(model, { sampler, options }, steps, label) {
  const answer = await fetch(new URL('/generate', url), {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, sampler, ...options, steps, label, seed: 7 + label, format: 'u8' }),
  });
  if (!answer.ok) throw new Error(`${model}: ${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

mkdirSync(folder, { recursive: true });
for (const arm of Object.keys(arms).filter(arm => isMeasured(arm) && !arm.includes('float'))) {
  const sheet = Buffer.alloc(width * height);
  for (const [row, steps] of rows.entries()) {
    const digits = await Promise.all(Array.from({ length: labels }, (_, label) => digit(modelOf(arm, seed), samplersOf(arm)[0], steps, label)));
    for (let y = 0; y < side * scale; y++)
      for (let x = 0; x < width; x++)
        sheet[(row * side * scale + y) * width + x] = digits[Math.floor(x / scale / side)][Math.floor(y / scale) * side + Math.floor(x / scale) % side];
  }
  writeFileSync(join(folder, `${arm}.png`), greyPng(sheet, width, height));
}
