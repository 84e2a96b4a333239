// A folder of models for one test run: those of the repository, and an older version of one of them.
import { cp, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const shipped = process.env.DIFFUSION_TEST_MODELS ?? fileURLToPath(new URL('../../models', import.meta.url));

/** The folder's path. `digits-dddm` has two versions there: the shipped one, and the same weights one number below. */
export async function shelf() {
  const folder = await mkdtemp(`${tmpdir()}/models-`);
  for (const name of ['digits-ddpm', 'digits-dddm']) await cp(`${shipped}/${name}`, `${folder}/${name}`, { recursive: true });
  const newest = (await readdir(`${folder}/digits-dddm`)).filter(name => /^v\d{6}$/.test(name)).sort().at(-1);
  const version = Number(newest.slice(1)) - 1, older = `${folder}/digits-dddm/v${String(version).padStart(6, '0')}`;
  await cp(`${folder}/digits-dddm/${newest}`, older, { recursive: true });
  const manifest = JSON.parse(await readFile(`${older}/manifest.json`, 'utf8'));
  await writeFile(`${older}/manifest.json`, JSON.stringify({ ...manifest, version, parent: null }));
  return folder;
}
