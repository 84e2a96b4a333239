// node bench/reconstruction.mjs [URL] [COUNT] [FOLDER]
// PSNR of images that went up to their noise and back, by step count, as a Markdown table. Needs a running service.
// The images: COUNT digits that the service draws (ddim, 20 steps, seed 1, labels in turn), and with FOLDER, such as
// data/mnist-32 of `./run data mnist`, the first COUNT test images of that data set.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { greyPng } from './png.mjs';

const [url = 'http://localhost:8080', countText = '64', folder] = process.argv.slice(2);
const count = Number(countText), stepCounts = [20, 50, 100], model = 'digits-ddpm', atOnce = 16;

async function post(path, body) {
  const answer = await fetch(new URL(path, url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function testImages() {
  const { width, height, channels } = JSON.parse(readFileSync(join(folder, 'manifest.json')));
  if (channels !== 1) throw new Error('only grey images');
  const images = readFileSync(join(folder, 'test.images.u8')), labels = readFileSync(join(folder, 'test.labels.u8')), area = width * height;
  return Array.from({ length: count }, (_, i) => ({ label: labels[i], image: greyPng(images.subarray(i * area, (i + 1) * area), width, height).toString('base64') }));
}

async function drawnImages() {
  const drawn = [];
  for (let at = 0; at < count; at += 10) {
    const label = Array.from({ length: Math.min(10, count - at) }, (_, i) => i);
    const { images } = await post('/generate', { model, sampler: 'ddim', steps: 20, seed: 1 + at / 10, n: label.length, label, format: 'json' });
    for (const { png, label: digit } of images) drawn.push({ image: png, label: digit });
  }
  return drawn;
}

async function measure(name, all) {
  for (const steps of stepCounts) {
    const psnr = [];
    for (let at = 0; at < all.length; at += atOnce) {
      const some = all.slice(at, at + atOnce);
      const { images } = await post('/v1/reconstructions', { model, steps, images: some.map(s => s.image), label: some.map(s => s.label), format: 'json' });
      psnr.push(...images.map(i => i.error.psnr));
    }
    psnr.sort((a, b) => a - b);
    const mean = psnr.reduce((sum, p) => sum + p, 0) / psnr.length;
    console.log(`| ${name} | ${steps} | ${mean.toFixed(1)} | ${psnr[0].toFixed(1)} | ${psnr[psnr.length >> 1].toFixed(1)} | ${psnr.at(-1).toFixed(1)} |`);
  }
}

console.log(`| ${count} images | steps each way | mean PSNR, dB | worst | median | best |\n|---|---|---|---|---|---|`);
await measure('drawn by the model', await drawnImages());
if (folder) await measure('test images', testImages());
