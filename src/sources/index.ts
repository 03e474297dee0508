// The table of sources: one line per kind. In: nothing. Out: kinds by name. Not here: any source.

import { csv } from './csv.ts';
import { generated } from './generated.ts';
import { rows } from './rows.ts';
import type { SourceKind } from './source.ts';
import { text } from './text.ts';
import { tsf } from './tsf.ts';

export const SOURCES: { readonly [kind: string]: SourceKind } = {
  [csv.kind]: csv,
  [generated.kind]: generated,
  [rows.kind]: rows,
  [text.kind]: text,
  [tsf.kind]: tsf,
};
