// The real service on a free port of this machine, with the models of the repository.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.DIFFUSION_TEST_PROGRAM ?? `${root}artifacts/bin/Api/release/Diffusion.Api.dll`;
const models = process.env.DIFFUSION_TEST_MODELS ?? `${root}models`;
const startLimit = 180_000;

/** Asks again and again until the answer is truthy. */
export async function until(ask, what, limit = 120_000) {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${limit} ms for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export class Service {
  #process = null;
  #said = '';

  /**
   * @param env settings on top of the usual ones
   * @param health what tells that it can be used; without models it is alive and not ready
   */
  static async start(env = {}, health = 'healthz/ready') {
    if (!existsSync(program)) throw new Error(`${program} is missing; run: dotnet build src/Api -c Release`);
    const service = new Service();
    [service.env, service.health] = [env, health];
    service.port = await freePort();
    await service.start();
    return service;
  }

  get pid() { return this.#process.pid; }

  get url() { return `http://127.0.0.1:${this.port}/`; }

  async start() {
    const child = spawn('dotnet', [program], {
      cwd: root, stdio: ['ignore', 'pipe', 'pipe'],
      // one thread: threads that wait for each other stall when the browser has a core
      env: { ...process.env, ASPNETCORE_URLS: this.url, Inference__ModelsPath: models, Inference__Threads: '1', ...this.env },
    });
    this.#process = child;
    this.#said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { this.#said = (this.#said + text).slice(-4000); });
    process.once('exit', () => child.kill('SIGKILL'));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the service ended with code ${child.exitCode}:\n${this.#said}`);
      return fetch(this.url + this.health).then(answer => answer.ok, () => false);
    }, `the service to be ready; it said:\n${this.#said}`, startLimit);
  }

  /** Runs a command of the service with the settings of this one; gives what it said. */
  async command(...words) {
    const { stdout } = await promisify(execFile)('dotnet', [program, ...words], { cwd: root, env: { ...process.env, ...this.env } });
    return stdout;
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
