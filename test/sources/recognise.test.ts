// A data file is taken for what it is, whatever its name, where only one reading is possible.

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { kindOfFile } from '../../src/sources/recognise.ts';
import { context, failure, loadCsv, write } from './load.ts';

const M4 = '"V1","V2","V3","V4"\n"H1","605","586",""\n"H2","3124","2990","5"\n';
const TSF = '# from somewhere\n\n@relation x\n@attribute series_name string\n@data\nT1:1,2\n';

test.each<[string, string, string | Uint8Array, 'csv' | 'rows' | 'tsf']>([
  ['one row a time', 'a.csv', 'date,y,x1,x2,x3\n2024-01-01,1,1,2,3\n2024-01-02,2,1,2,3\n', 'csv'],
  ['clients side by side', 'a.csv', 'date,c1,c2,c3,c4\n2024-01-01,1,1,2,3\n2024-01-02,2,1,2,3\n', 'csv'],
  ['a long table', 'a.csv', 'id,date,y\na,2024-01-01,1\nb,2024-01-01,2\n', 'csv'],
  ['numbers with numbered columns', 'a.csv', 'y,x1,x2,x3\n1,2,3,4\n2,3,4,5\n', 'csv'],
  ['a column alone', 'a.csv', 'y\n1\n2\n', 'csv'],
  ['an id twice', 'a.csv', 'id,V2,V3,V4\na,1,2,3\na,1,2,3\n', 'csv'],
  ['M4', 'a.csv', M4, 'rows'],
  ['M4, gzip', 'a.csv.gz', gzipSync(M4), 'rows'],
  ['M4, a byte-order mark and semicolons', 'a.csv', `\uFEFF${M4.replaceAll(',', ';')}`, 'rows'],
  ['dated columns', 'a.csv', 'shop,2024-01,2024-02,2024-03\na,1,2,3\nb,1,,3\n', 'rows'],
  ['years', 'a.csv', 'Country,Indicator,2020,2021,2022\nA,p,1,2,3\nB,p,1,2,3\n', 'rows'],
  ['years beside one column of names', 'a.csv', 'Product,2021,2022,2023\nA,1,2,3\nB,1,2,3\n', 'rows'],
  ['years, newest first', 'a.csv', 'Product,2023,2022,2021\nA,1,2,3\nB,1,2,3\n', 'rows'],
  ['numbers with zeros before them', 'a.csv', 'Store,W08,W09,W10\nA,1,2,3\nB,1,2,3\n', 'rows'],
  ['months down, years across', 'a.csv', 'Month,2021,2022,2023\nJan,1,2,3\nFeb,1,2,3\nMar,1,2,3\n', 'csv'],
  ['quarters down, years across', 'a.csv', 'Quarter,2021,2022,2023\nQ1,1,2,3\nQ2,1,2,3\nQ3,1,2,3\nQ4,1,2,3\n', 'csv'],
  ['several columns of words', 'a.csv', 'id,item,store,d_1,d_2,d_3\na_1,a,x,3,4,1\nb_1,b,x,5,6,1\n', 'rows'],
  ['no header', 'a.csv', 'a,1,2,3\nb,4,5,\n', 'rows'],
  ['.tsf by its name', 'a.tsf', 'nothing like it', 'tsf'],
  ['.tsf by what it holds', 'a.csv', TSF, 'tsf'],
  ['nothing', 'a.csv', '', 'csv'],
  ['a quote never closed', 'a.csv', 'id,V2,V3,V4\n"a,1,2,3\n', 'csv'],
])('%s', async (_, name, content, kind) => {
  expect(await kindOfFile(write(name, content), context)).toBe(kind);
});

test('a .tsf file read as csv is refused with the kind to set', async () => {
  expect(await failure(loadCsv(TSF))).toEqual({
    said: 'E_CSV_HEADER x.csv: this is a .tsf file: @ lines, then one series a line',
    hint: 'set source.kind: tsf',
  });
});

test('rows of series without a header read as csv are refused with the kind to set', async () => {
  const { said, hint } = await failure(loadCsv('1,2,3\n4,5,6\n'));
  expect(said).toBe('E_CSV_HEADER x.csv:1: the first line holds data, not names: "1, 2, 3"');
  expect(hint).toMatch(/source\.kind: rows/);
});
