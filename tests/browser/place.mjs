// A place for one run of the tests: models, with an older version of one of them, and room for what the service keeps.
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const shipped = process.env.DIFFUSION_TEST_MODELS ?? fileURLToPath(new URL('../../models', import.meta.url));

export class Place {
  /** A folder of its own. `digits-dddm` has two versions there: the shipped one, and the same weights one number below. */
  static async make() {
    const place = new Place();
    place.folder = await mkdtemp(`${tmpdir()}/diffusion-page-`);
    for (const name of ['digits-ddpm', 'digits-dddm']) await cp(`${shipped}/${name}`, `${place.models}/${name}`, { recursive: true });
    const dddm = `${place.models}/digits-dddm`, newest = (await readdir(dddm)).filter(name => /^v\d{6}$/.test(name)).sort().at(-1);
    place.newest = Number(newest.slice(1));
    const version = place.newest - 1, older = `${dddm}/v${String(version).padStart(6, '0')}`;
    await cp(`${dddm}/${newest}`, older, { recursive: true });
    const manifest = JSON.parse(await readFile(`${older}/manifest.json`, 'utf8'));
    await writeFile(`${older}/manifest.json`, JSON.stringify({ ...manifest, version, parent: null }));
    return place;
  }

  get models() { return `${this.folder}/models`; }
  get keys() { return `${this.folder}/keys.json`; }

  /** What the service is told of it. */
  get settings() {
    return { Inference__ModelsPath: this.models, Store__Path: `${this.folder}/generations`, Training__State: `${this.folder}/training`, Api__KeyFile: this.keys };
  }

  clear() { return rm(this.folder, { recursive: true, force: true }); }
}
