// How a text is named in a config, for whoever gave the text itself where a table or a config is read.
// In: a path. Out: a hint. Not here: reading texts (sources/text.ts).

/** The two keys that a config of a text needs. */
export function textHint(file: string): string {
  return `a text to learn from is named in a config: source: { kind: text, file: ${JSON.stringify(file)} }, and model: { kind: language-model }`;
}
