// Writes argv[2] bytes to argv[1] with the one helper; prints the error as JSON and exits as the program would.
import { writeAtomic } from '../../../src/artifact/write.ts';
import { ForecastError } from '../../../src/core/errors.ts';

const [path = '', size = '0'] = process.argv.slice(2);
try {
  await writeAtomic(path, new Uint8Array(Number(size)).fill(65));
} catch (error) {
  const known = error instanceof ForecastError;
  console.log(JSON.stringify(known ? { code: error.code, where: error.where, message: error.message } : String(error)));
  process.exit(known ? error.exit : 1);
}
