// What a name on the command line is by its ending: a table, or a config. Loaded at every start, so nothing else stands here.
// In: a path. Out: yes or no. Not here: what a file holds (recognise.ts, foreign.ts).

/** Endings of tables, plain or gzip; those of workbooks and archives are refused by what they hold. */
export const DATA_FILE: RegExp = /\.(?:csv|tsv|tab|txt|dat|tsf|xls[xmb]?|ods|numbers|parquet|zip)(?:\.gz)?$/i;

export const CONFIG_FILE: RegExp = /\.ya?ml$/i;
