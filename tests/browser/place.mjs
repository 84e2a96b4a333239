// A place for one run of the tests: models, with an older version of one of them, and room for what the service keeps.
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { writeRows } from './digits.mjs';

const shipped = process.env.DIFFUSION_TEST_MODELS ?? fileURLToPath(new URL('../../models', import.meta.url));

export class Place {
  /** A folder of its own. `digits-dddm` has two versions there: the newest shipped one, and the same weights one number below. */
  static async make() {
    const place = new Place();
    place.folder = await mkdtemp(`${tmpdir()}/diffusion-page-`);
    for (const name of ['digits-ddpm', 'digits-dddm']) await cp(`${shipped}/${name}`, `${place.models}/${name}`, { recursive: true });
    const dddm = `${place.models}/digits-dddm`, shippedOnes = (await readdir(dddm)).filter(name => /^v\d{6}$/.test(name)).sort(), newest = shippedOnes.at(-1);
    for (const one of (await readdir(dddm)).filter(name => !name.startsWith(newest))) await rm(`${dddm}/${one}`, { recursive: true });
    place.newest = Number(newest.slice(1));
    const version = place.newest - 1, older = `${dddm}/v${String(version).padStart(6, '0')}`;
    await cp(`${dddm}/${newest}`, older, { recursive: true });
    // without the digest of the original
    const { sha256, ...manifest } = JSON.parse(await readFile(`${older}/manifest.json`, 'utf8'));
    await writeFile(`${older}/manifest.json`, JSON.stringify({ ...manifest, format: 1, version, parent: null }));
    place.rows = await writeRows(place.data);
    await place.#draw();
    return place;
  }

  /** A folder of its own with nothing in it. */
  static async empty() {
    const place = new Place();
    place.folder = await mkdtemp(`${tmpdir()}/diffusion-page-`);
    await mkdir(place.models);
    return place;
  }

  /** An image set, `tiny`: 8x8 pictures, bright above or below. */
  async #draw() {
    const folder = `${this.data}/tiny`, files = {}, size = 64;
    await mkdir(folder, { recursive: true });
    const write = async (name, content) => {
      files[name] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
      await writeFile(`${folder}/${name}`, content);
    };
    const splits = { train: 20, test: 6 };
    for (const [split, count] of Object.entries(splits)) {
      await write(`${split}.images.u8`, Uint8Array.from({ length: count * size }, (_, i) => (i % size < size / 2) === (Math.floor(i / size) % 2 === 0) ? 230 : 20));
      await write(`${split}.labels.u8`, Uint8Array.from({ length: count }, (_, i) => i % 2));
    }
    await writeFile(`${folder}/manifest.json`, JSON.stringify({
      format: 1, name: 'tiny', channels: 1, height: 8, width: 8, classes: ['above', 'below'], splits, source: 'drawn', terms: 'none', files,
    }));
  }

  get models() { return `${this.folder}/models`; }
  get data() { return `${this.folder}/data`; }
  get keys() { return `${this.folder}/keys.json`; }

  /** What the service is told of it. */
  get settings() {
    return { Inference__ModelsPath: this.models, Store__Path: `${this.folder}/generations`, Training__State: `${this.folder}/training`, Training__Data: this.data, Training__Models: this.models, Training__Threads: '1', Api__KeyFile: this.keys };
  }

  clear() { return rm(this.folder, { recursive: true, force: true }); }
}
