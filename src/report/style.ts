// Colours and layout of reports: light, dark and print.
// Out: style sheets as text; charts and pages name classes and hold no colours. Not here: markup.

const LIGHT =
  '--ground:#fff;--ink:#1b2330;--soft:#5b6675;--faint:#e3e7ec;--panel:#f5f7f9;--good:#11703a;--bad:#a8321a;--c0:#1758c7;--c1:#b04a00;--c2:#0a7a5c;--c3:#8a2f9e;--c4:#7a5c00;--c5:#b3214f;--c6:#35708a;--c7:#5d6470';
const DARK =
  '--ground:#12161c;--ink:#e8ecf1;--soft:#a3adba;--faint:#2c343f;--panel:#1a2028;--good:#5fd38d;--bad:#ff8f73;--c0:#7fb0ff;--c1:#ffa45c;--c2:#4fd1a8;--c3:#d79bea;--c4:#e0c04a;--c5:#ff8fb0;--c6:#7cc4e0;--c7:#b4bcc8';

const THEMES = `:root{color-scheme:light dark;${LIGHT}}@media (prefers-color-scheme:dark){:root{${DARK}}}@media print{:root{${LIGHT};color-scheme:light}}`;

/** Dashes beside colours, so that lines can be told apart in black and white. */
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 3', '1 4', '12 4', '5 2 1 2 1 2'];

const TONES = [
  '.line.t-history{stroke:var(--ink)}',
  '.line.t-forecast,.dots.t-forecast{stroke:var(--c0)}.line.t-forecast{stroke-width:2.2}',
  '.line.t-past,.dots.t-past{stroke:var(--c1)}',
  '.area.t-fan{fill:var(--c0);fill-opacity:.3}.area.t-fan-wide{fill:var(--c0);fill-opacity:.15}',
  '.area.t-held{fill:var(--soft);fill-opacity:.12}',
  ...DASHES.map(
    (dash, i) =>
      `.line.t-${i},.dots.t-${i}{stroke:var(--c${i})}.bar.t-${i}{fill:var(--c${i})}${dash === '' ? '' : `.line.t-${i}{stroke-dasharray:${dash}}`}`,
  ),
].join('');

const CHART = `.chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}.ground{fill:var(--ground)}.grid{stroke:var(--faint);fill:none}.axis{stroke:var(--soft);fill:none}.rule{stroke:var(--soft);stroke-dasharray:3 3;fill:none}.tick{fill:var(--soft)}.name{fill:var(--ink);font-weight:600}.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}.dots{fill:none;stroke-width:4.5;stroke-linecap:round}${TONES}`;

/** For a chart that stands in a file of its own. */
export const CHART_STYLE: string = THEMES + CHART;

const PAGE = [
  'body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}',
  'main{max-width:960px;margin:0 auto;padding:24px 20px 64px}',
  'h1{font-size:22px;margin:0;overflow-wrap:anywhere}h2{font-size:17px;margin:36px 0 8px;border-bottom:1px solid var(--faint);padding-bottom:4px}h3{font-size:14px;margin:18px 0 4px;overflow-wrap:anywhere}',
  'p{margin:6px 0}.soft,figcaption{color:var(--soft);font-size:13px;overflow-wrap:anywhere}',
  '.verdict{margin:16px 0 4px;padding:12px 16px;background:var(--panel);border-left:4px solid var(--good);font-size:17px;overflow-wrap:anywhere}.verdict.other{border-color:var(--c1)}',
  'figure{margin:8px 0 16px}figure svg{display:block;width:100%;height:auto}.pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}',
  '.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;margin:8px 0}th,td{padding:4px 10px;text-align:left;border-bottom:1px solid var(--faint);white-space:nowrap}th{color:var(--soft);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}tr.ship td,tr.ship th{font-weight:600;background:var(--panel)}tr.ship th{color:var(--ink)}td.good{color:var(--good)}td.bad{color:var(--bad)}tbody th{font-weight:400;color:var(--ink)}',
  'pre{background:var(--panel);padding:12px 14px;overflow-x:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}',
  'summary{cursor:pointer;color:var(--soft);font-size:13px}ul{margin:6px 0;padding-left:20px}li{overflow-wrap:anywhere}.warning{color:var(--bad)}mark{background:var(--c0);color:var(--ground);padding:0 3px}',
  '.pair figure{margin:0}.pair+.scroll{margin-top:20px}.narrow{display:none}@media screen and (max-width:640px){.pair{grid-template-columns:1fr}figure{overflow-x:auto}figure svg{min-width:600px}.pair figure svg,.narrow figure svg{min-width:0}.wide{display:none}.narrow{display:block}tbody th{white-space:normal;min-width:8em}}',
  '@media print{body{font-size:11pt}main{max-width:none;padding:0}table{font-size:8pt}table.many{font-size:6.5pt}th,td{padding:3px 5px;white-space:normal;overflow-wrap:normal}.many th,.many td{padding:3px}td:not(.words){white-space:nowrap}tbody th{overflow-wrap:anywhere;min-width:7em}.soft:has(+.scroll),.soft:has(+figure),summary{break-after:avoid}details:not([open]){display:none}figure,table,.verdict{break-inside:avoid}details table{break-inside:auto}tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}.area.t-fan,.area.t-fan-wide,.area.t-held,.bar,.verdict,pre,tr.ship td{print-color-adjust:exact;-webkit-print-color-adjust:exact}}',
].join('');

/** For a page with charts in it. */
export const PAGE_STYLE: string = CHART_STYLE + PAGE;
