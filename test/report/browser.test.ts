// Reports in a real browser, opened from the disk as a person would: nothing complains, nothing is fetched, nothing overlaps.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../src/commands/compare.ts';
import type { Result } from '../../src/report/result.ts';
import { runPage } from '../../src/report/run-page.ts';
import { run } from '../../src/run.ts';
import { fingerprints, workspace } from '../support/workspace.ts';
import { input, poisoned, walked } from './sample.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const BROWSER = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
if (!BROWSER) console.warn('reports are not opened: no chromium here; on Debian, apt-get install chromium');

if (process.env.CI) {
  it('there is a browser where this must be tested', () => expect(BROWSER).toBeDefined());
}

const HOSTILE = '<img src=x onerror=window.hit=1>"><svg onload=window.hit=1>';
const HOSTILE_COLUMN = HOSTILE.replaceAll('"', '""');

/** What a page is looked at for, in the page itself. */
const FINDINGS = `(() => {
  const inner = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const clipped = [];
  const overlapping = [];
  for (const svg of document.querySelectorAll('svg.chart')) {
    const texts = [...svg.querySelectorAll('text')];
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const frame = svg.getBoundingClientRect();
    boxes.forEach((box, i) => {
      if (!inner(box, frame)) clipped.push(texts[i].textContent);
      boxes.slice(0, i).forEach((other, k) => {
        if (meet(box, other)) overlapping.push(texts[k].textContent + ' | ' + texts[i].textContent);
      });
    });
  }
  const elements = [...document.querySelectorAll('*')];
  return {
    clipped,
    overlapping,
    charts: document.querySelectorAll('svg.chart').length,
    tables: document.querySelectorAll('table').length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    cut: [...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth + 1).length,
    broken: [...document.querySelectorAll('td:not(.words)')].filter((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
    }).map((cell) => cell.textContent),
    active: elements.filter((one) => /^(?:script|img|iframe|object|embed|form|link|a|base)$/i.test(one.localName)).length,
    handlers: elements.flatMap((one) => one.getAttributeNames().filter((name) => /^on|^style$|^href$|^src$/i.test(name))),
    hit: window.hit ?? null,
    ground: getComputedStyle(document.body).backgroundColor,
    line: getComputedStyle(document.querySelector('svg.chart .line')).stroke,
  };
})()`;

interface Findings {
  readonly clipped: string[];
  readonly overlapping: string[];
  readonly charts: number;
  readonly tables: number;
  readonly wide: boolean;
  readonly cut: number;
  readonly broken: string[];
  readonly active: number;
  readonly handlers: string[];
  readonly hit: number | null;
  readonly ground: string;
  readonly line: string;
}

/** Twelve metrics of thirteen forecasters, and four levels at times of day. */
function figures(): Result {
  const metrics = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`met-${i}`, 172.752 / (i + 1)]));
  const bounds = (sign: number) => ({ 50: sign * 1230.99, 80: sign * 2532.59, 95: sign * 3041.56, 99: sign * 3675.4 });
  return {
    ...walked,
    scores: Array.from({ length: 13 }, (_, i) => ({
      ...walked.scores[0]!,
      forecaster: `seasonal-naive-${i}`,
      metrics,
      skill: -16.58,
    })),
    forecast: walked.forecast.map((row, i) => ({
      ...row,
      time: `2024-03-11 ${String(i).padStart(2, '0')}:00:00`,
      lower: bounds(-1),
      upper: bounds(1),
    })),
  };
}

describe.skipIf(!BROWSER)('a report, opened from the disk', () => {
  const space = workspace();
  const pages = new Map<string, string>();
  let browser: Browser;

  beforeAll(async () => {
    const months = Array.from({ length: 96 }, (_, t) => new Date(Date.UTC(2015, t, 1)).toISOString().slice(0, 7));
    const wave = (t: number, k: number) => (100 * k + t + 20 * Math.sin((t * Math.PI) / 6)).toFixed(2);
    space.write(
      'one.csv',
      `month,"${HOSTILE_COLUMN}"\n${months.map((month, t) => `${month},${wave(t, 1)}`).join('\n')}\n`,
    );
    const long = ['x', 'y', 'z'].flatMap((id, k) =>
      months.map((month, t) => `${id}${HOSTILE_COLUMN.slice(0, 9)},${month},${wave(t, k + 1)}`),
    );
    space.write('many.csv', `id,month,y\n${long.join('\n')}\n`);
    const small = { model: { kind: 'lstm-regressor', units: [4] }, train: { epochs: 3 } };
    const configs = {
      one: {
        ...small,
        source: { kind: 'csv', file: 'one.csv' },
        window: { context: 12, horizon: 12 },
        split: { validation: 12, test: 12 },
      },
      many: { ...small, source: { kind: 'csv', file: 'many.csv', id: 'id' }, window: { context: 6, horizon: 3 } },
      counting: {
        ...small,
        source: { kind: 'generated', series: 'counting', length: 60 },
        split: { validation: 0.2 },
        window: { context: 5, horizon: 1 },
      },
      again: {
        ...small,
        seed: 8,
        source: { kind: 'generated', series: 'counting', length: 60 },
        split: { validation: 0.2 },
        window: { context: 5, horizon: 1 },
      },
      words: {
        source: { kind: 'text', file: 'words.txt' },
        encoder: { kind: 'words' },
        model: { kind: 'language-model', embedding: 4, layers: [{ kind: 'lstm', units: 4 }] },
        window: { context: 4 },
        train: { epochs: 3 },
        predict: { length: 8 },
      },
    };
    space.write('words.txt', `${'the cat sat on the mat & the <b>dog</b> sat on the log \n'.repeat(8)}`);
    for (const [name, config] of Object.entries(configs)) {
      const file = space.write(`${name}.json`, JSON.stringify({ name, engine: { kind: 'reference' }, ...config }));
      const { report } = await run(file, { out: join(space.path, `run-${name}`) });
      pages.set(name, report as string);
    }
    pages.set('compared', join(space.path, 'compared.html'));
    await compare([join(space.path, 'run-counting'), join(space.path, 'run-again')], {
      html: pages.get('compared') as string,
    });
    pages.set('figures', space.write('figures.html', runPage(figures(), input)));
    pages.set('hostile', space.write('hostile.html', runPage(poisoned(walked), poisoned(input))));
    browser = await chromium.launch({ executablePath: BROWSER as string, args: ['--no-sandbox'], timeout: 0 });
  });
  afterAll(() => browser?.close());

  async function opened(
    file: string,
    scheme: 'light' | 'dark',
    width = 1000,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 800 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    const url = pathToFileURL(file).href;
    page.on('request', (request) => {
      if (request.url() !== url) complaints.push(`asks for ${request.url()}`);
    });
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))",
    );
    await page.goto(url);
    return { page, complaints };
  }

  describe.each(['one', 'many', 'counting', 'words', 'compared', 'hostile'])('%s', (name) => {
    it.each([
      ['light', 1000],
      ['dark', 1000],
      ['light', 400],
    ] as const)(
      '%s, %i wide: no complaint, no request, nothing foreign in it, no text over another or cut',
      async (scheme, width) => {
        const { page, complaints } = await opened(pages.get(name) as string, scheme, width);
        const found = await page.evaluate<Findings>(FINDINGS);
        expect(found).toMatchObject({ clipped: [], overlapping: [], wide: false, active: 0, handlers: [], hit: null });
        expect(found.charts).toBeGreaterThan(0);
        expect(found.tables).toBeGreaterThan(0);
        expect(found.ground).toBe(scheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(255, 255, 255)');
        const picture = await page.screenshot({ fullPage: true });
        expect(picture.length).toBeGreaterThan(10_000);
        expect(complaints).toEqual([]);
        await page.close();
      },
    );
  });

  it.each(['one', 'many', 'figures'])(
    'prints %s in dark ink on white, whatever the screen shows, every table whole and no number broken',
    async (name) => {
      // A4 within its margins.
      const { page, complaints } = await opened(pages.get(name) as string, 'dark', 680);
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      const found = await page.evaluate<Findings>(FINDINGS);
      expect(found).toMatchObject({ ground: 'rgb(255, 255, 255)', clipped: [], overlapping: [], cut: 0, broken: [] });
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it('a forecast is seen whole on a telephone, and drawn once everywhere', async () => {
    for (const [width, media, shown] of [
      [375, 'screen', 'forecast-narrow-t'],
      [1000, 'screen', 'forecast-t'],
      [375, 'print', 'forecast-t'],
    ] as const) {
      const { page } = await opened(pages.get('one') as string, 'light', width);
      await page.emulateMedia({ media });
      const seen = await page.evaluate<string[]>(
        `[...document.querySelectorAll('svg.chart')].filter((svg) => svg.getBoundingClientRect().width > 0 && /^forecast/.test(svg.querySelector('title').id) && svg.getBoundingClientRect().right <= innerWidth).map((svg) => svg.querySelector('title').id)`,
      );
      expect(seen).toEqual([shown]);
      await page.close();
    }
  });

  it('a long name leaves room for figures on a telephone', async () => {
    const total = { series: 'north', target: 'x'.repeat(60), steps: 7, value: 839.68, lower: {}, upper: {} };
    const long = space.write('long.html', runPage({ ...walked, totals: [total] }, input));
    const { page } = await opened(long, 'light', 375);
    const right = await page.evaluate<number>(
      `[...document.querySelectorAll('td')].find((cell) => cell.textContent === '839.68').getBoundingClientRect().right`,
    );
    expect(right).toBeLessThanOrEqual(375);
    await page.close();
  });

  it('a script that slipped in would not run, and would be seen', async () => {
    const html = readFileSync(pages.get('one') as string, 'utf8');
    const tampered = space.write(
      'tampered.html',
      html.replace('<h1>', '<script>window.hit = 1</script><img src="x.png"><h1>'),
    );
    const { page, complaints } = await opened(tampered, 'light');
    expect((await page.evaluate<Findings>(FINDINGS)).hit).toBe(null);
    expect(complaints.join('\n')).toContain('policy: script-src');
    expect(complaints.join('\n')).toContain('policy: img-src');
    await page.close();
  });

  it('the charts are well-formed XML, and show by themselves in both schemes', async () => {
    const { page } = await opened(pages.get('one') as string, 'light');
    const files = ['one', 'many', 'counting', 'words'].flatMap((name) => {
      const folder = join(space.path, `run-${name}`, 'charts');
      return readdirSync(folder).map((file) => join(folder, file));
    });
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const root = await page.evaluate(
        `(() => { const parsed = new DOMParser().parseFromString(${JSON.stringify(text)}, 'image/svg+xml'); return parsed.querySelector('parsererror') ? parsed.documentElement.textContent : parsed.documentElement.localName; })()`,
      );
      expect(root, file).toBe('svg');
    }
    await page.close();
    const fills = [];
    for (const scheme of ['light', 'dark'] as const) {
      const { page: alone, complaints } = await opened(files[0] as string, scheme);
      fills.push(await alone.evaluate("getComputedStyle(document.querySelector('.ground')).fill"));
      expect(complaints).toEqual([]);
      await alone.close();
    }
    expect(fills).toEqual(['rgb(255, 255, 255)', 'rgb(18, 22, 28)']);
  });

  it('the same config in another folder leaves the same page and charts', async () => {
    const elsewhere = join(space.path, 'elsewhere');
    await run(join(space.path, 'one.json'), { out: elsewhere });
    const [a, b] = [fingerprints(join(space.path, 'run-one')), fingerprints(elsewhere)];
    expect(Object.keys(a)).toEqual(
      expect.arrayContaining(['report.html', 'charts/forecast.svg', 'charts/residuals.svg']),
    );
    expect(b).toEqual(a);
  });
});
