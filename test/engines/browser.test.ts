// The wasm engine in a real browser: the compiled modules as they are, served as a page would get them.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { build as bundle } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasm } from '../../src/engines/wasm/index.ts';
import { MODELS } from '../../src/models/index.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { spellOptimizer } from '../../src/optimizers/index.ts';
import { cut, takeCuts } from '../../src/window/cuts.ts';
import { workspace } from '../support/workspace.ts';
import { scenarios } from './browser/scenario.js';

const ROOT = join(import.meta.dirname, '../..');
const WORKER = 'engines/wasm/worker.js';
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const BROWSER = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
if (!BROWSER) console.warn('the browser is not tested: no chromium here; on Debian, apt-get install chromium');

/** A page that imports what Node imports; a bundler or an import map says where zod is. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>wasm</title>
<script type="importmap">{ "imports": { "zod": "/zod/index.js" } }</script>
<script type="module">
  import * as parts from '/dist/browser.js';
  import { scenarios } from '/scenario.js';
  window.ready = scenarios(parts);
</script>`;

/** The program of docs/engines.md, with what it found where it can be asked for; `from`: where it imports its parts from. */
function exampleFrom(from: string): string {
  const page = readFileSync(join(ROOT, 'docs/engines.md'), 'utf8');
  const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const there = './node_modules/forecast-toolkit/dist/browser.js';
  if (!program.includes(there)) throw new Error(`docs/engines.md does not import ${there}`);
  return `${program.replace(there, from)}\nwindow.example = { next, stopped: report.stopped, records: report.records };\n`;
}

const TYPES: { readonly [extension: string]: string } = { '.js': 'text/javascript', '.html': 'text/html' };

/** `folders`: what stands under the first part of a path. */
function serve(folders: { readonly [name: string]: string }, isolated: boolean): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const [, name = '', ...rest] = normalize(url).split('/');
    const folder = folders[name];
    const file =
      name === 'scenario.js' ? join(import.meta.dirname, 'browser/scenario.js') : join(folder ?? '', ...rest);
    const body =
      url === '/' ? PAGE : (folder || name === 'scenario.js') && existsSync(file) ? readFileSync(file) : null;
    response.writeHead(body === null ? 404 : 200, {
      'Content-Type': TYPES[url === '/' ? '.html' : extname(file)] ?? 'text/plain',
      ...(isolated
        ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
        : {}),
    });
    response.end(body ?? 'not here');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

if (process.env.CI) {
  it('there is a browser where this must be tested', () => expect(BROWSER).toBeDefined());
}

describe.skipIf(!BROWSER)('in a browser', () => {
  const space = workspace();
  /** The program as a page imports it, and as esbuild bundles it. */
  const bundleExample = async (folder: string): Promise<void> => {
    const entry = join(folder, 'entry.js');
    mkdirSync(folder);
    writeFileSync(join(folder, 'plain.js'), exampleFrom('/dist/browser.js'));
    const scenario = join(import.meta.dirname, 'browser/scenario.js');
    const all = `import * as parts from '../dist/browser.js';
      import { scenarios } from ${JSON.stringify(scenario)};
      window.bundled = scenarios(parts);`;
    writeFileSync(entry, `${exampleFrom('../dist/browser.js')}${all}`);
    await bundle({
      entryPoints: [entry],
      outfile: join(folder, 'bundled.js'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      nodePaths: [join(ROOT, 'node_modules')],
      logLevel: 'error',
    });
    copyFileSync(join(ROOT, 'src', WORKER), join(folder, 'worker.js'));
    // A classic script waits for nothing at its top, and has no address of its own.
    const [imports, ...rest] = exampleFrom('../dist/browser.js').split('\n');
    const classic = `${imports}\n(async () => {${rest.join('\n')}})();`;
    await bundle({
      stdin: { contents: classic, resolveDir: folder },
      outfile: join(folder, 'classic.js'),
      bundle: true,
      format: 'iife',
      nodePaths: [join(ROOT, 'node_modules')],
      logLevel: 'error',
    });
  };
  const here = scenarios({ wasm, MODELS, initialWeights, cut, takeCuts, spellOptimizer });
  let browser: Browser;

  beforeAll(async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(
      process.execPath,
      [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(space.path, 'dist')],
      {
        cwd: ROOT,
      },
    );
    copyFileSync(join(ROOT, 'src', WORKER), join(space.path, 'dist', WORKER));
    await bundleExample(join(space.path, 'guide'));
    browser = await chromium.launch({ executablePath: BROWSER as string, args: ['--no-sandbox'], timeout: 0 });
  });
  afterAll(() => browser?.close());

  describe.each([
    ['isolated', true],
    ['not isolated', false],
  ])('%s', (_, isolated) => {
    let server: Server;
    let page: Page;
    const complaints: string[] = [];

    beforeAll(async () => {
      const zod = join(ROOT, 'node_modules/zod');
      const folders = { dist: join(space.path, 'dist'), guide: join(space.path, 'guide'), zod };
      server = await serve(folders, isolated);
      page = await browser.newPage();
      page.setDefaultTimeout(0); // a test has its own limit
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
      });
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction('window.ready', undefined, { timeout: 0 }).catch((error) => {
        throw new Error(`${error}\n${complaints.join('\n')}`);
      });
    });
    afterAll(async () => {
      await page?.close();
      server?.close();
    });
    const there = <Answer>(name: string): Promise<Answer> => page.evaluate(`window.ready.${name}()`);

    it('is what the headers make it', async () => {
      expect(await page.evaluate('crossOriginIsolated')).toBe(isolated);
    });

    it('counting ends in the bytes it ends in here', async () => {
      expect(await there('counting')).toEqual(await here.counting());
    });

    it('work that leaves the thread ends in the bytes it ends in here', async () => {
      const found = await there('waves');
      const workers = page.workers().map((worker) => worker.url()); // at once: idle ones end
      expect(found).toEqual(await here.waves());
      const threads = isolated ? Math.min(2, availableParallelism()) : 1;
      expect(workers).toEqual(Array(threads).fill(expect.stringContaining(WORKER)));
    });

    it('a training is stopped, reports, lets the page live, and goes on to the same bytes', async () => {
      const found = await there<Awaited<ReturnType<typeof here.stopped>>>('stopped');
      expect(found).toMatchObject({ stopped: 'aborted', after: 'done', same: true });
      expect(found.epochs).toBeLessThan(1900);
      expect(found.reports).toBeGreaterThan(0);
      expect(found.turns).toBeGreaterThan(3);
    });

    it('the program of the guide learns, and bundled it ends in the same numbers, its thread beside it', async () => {
      await page.addScriptTag({ url: '/guide/plain.js', type: 'module' });
      await page.waitForFunction('window.example', undefined, { timeout: 0 });
      const plain = await page.evaluate<{ next: number; stopped: string }>('window.example');
      expect(plain.stopped).toBe('done');
      expect(Math.abs(plain.next - Math.sin(200 / 5))).toBeLessThan(0.1);
      await page.evaluate('delete window.example');
      await page.addScriptTag({ url: '/guide/bundled.js', type: 'module' });
      await page.waitForFunction('window.example', undefined, { timeout: 0 });
      expect(await page.evaluate('window.example')).toEqual(plain);
      expect(await page.evaluate('window.bundled.waves()')).toEqual(await here.waves());
      expect(page.workers().map((worker) => worker.url())).toContainEqual(expect.stringContaining('/guide/worker.js'));
    });

    it('bundled as a classic script it ends in the same numbers, on the thread of the page', async () => {
      await page.evaluate('delete window.example');
      await page.addScriptTag({ url: '/guide/classic.js' });
      await page.waitForFunction('window.example', undefined, { timeout: 0 });
      const { next, stopped } = await page.evaluate<{ next: number; stopped: string }>('window.example');
      expect(stopped).toBe('done');
      expect(Math.abs(next - Math.sin(200 / 5))).toBeLessThan(0.1);
    });

    it('nothing complained', () => {
      expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([]);
    });
  });
});
