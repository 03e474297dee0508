// Plain JSON values: what specs, states, histories and reports are made of. Not here: reading or writing files.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
