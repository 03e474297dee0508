// The discrete Fourier transform of complex numbers, in place, for sizes that are powers of two.
// In: real and imaginary parts. Out: their transform in a scrambled order, and back. Not here: any use of it.

export interface Fourier {
  readonly size: number;
  /** Transforms; coefficient k stands where the order of the algorithm leaves it, the same place for every input. */
  forward(re: Float64Array, im: Float64Array): void;
  /** Undoes `forward` from that same order, without dividing by the size. */
  inverse(re: Float64Array, im: Float64Array): void;
}

const made = new Map<number, Fourier>();

/**
 * The transform of `size` = 2ᵏ ≥ 4 numbers by radix-4 steps (one of radix 2 where k is odd): decimation in frequency forwards and in time
 * backwards, so that nothing is ever put in order (Gentleman and Sande, Fast Fourier transforms: for fun and profit, 1966).
 */
export function fourier(size: number): Fourier {
  let transform = made.get(size);
  if (!transform) {
    transform = make(size);
    made.set(size, transform);
  }
  return transform;
}

function make(size: number): Fourier {
  const cos = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sin = Float64Array.from({ length: size }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const odd = Math.round(Math.log2(size)) % 2 === 1;
  const first = odd ? size / 2 : size;
  return {
    size,
    forward: (re, im) => {
      if (odd) halve(re, im, cos, sin);
      for (let n = first; n >= 4; n /= 4) split(re, im, n, cos, sin);
    },
    inverse: (re, im) => {
      for (let n = 4; n <= first; n *= 4) join(re, im, n, cos, sin);
      if (odd) unhalve(re, im, cos, sin);
    },
  };
}

function halve(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array): void {
  const half = re.length / 2;
  for (let j = 0; j < half; j++) {
    const c = cos[j] as number;
    const s = sin[j] as number;
    const ar = re[j] as number;
    const ai = im[j] as number;
    const br = re[j + half] as number;
    const bi = im[j + half] as number;
    re[j] = ar + br;
    im[j] = ai + bi;
    const dr = ar - br;
    const di = ai - bi;
    re[j + half] = dr * c + di * s;
    im[j + half] = di * c - dr * s;
  }
}

function unhalve(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array): void {
  const half = re.length / 2;
  for (let j = 0; j < half; j++) {
    const c = cos[j] as number;
    const s = sin[j] as number;
    const ar = re[j] as number;
    const ai = im[j] as number;
    const br = re[j + half] as number;
    const bi = im[j + half] as number;
    const dr = br * c - bi * s;
    const di = bi * c + br * s;
    re[j] = ar + dr;
    im[j] = ai + di;
    re[j + half] = ar - dr;
    im[j + half] = ai - di;
  }
}

/** One forward step: blocks of n become four blocks of n / 4. */
function split(re: Float64Array, im: Float64Array, n: number, cos: Float64Array, sin: Float64Array): void {
  const size = re.length;
  const quarter = n / 4;
  const step = size / n;
  for (let block = 0; block < size; block += n) {
    for (let j = 0; j < quarter; j++) {
      const p = block + j;
      const q = p + quarter;
      const r = q + quarter;
      const s = r + quarter;
      const ar = re[p] as number;
      const ai = im[p] as number;
      const br = re[q] as number;
      const bi = im[q] as number;
      const cr = re[r] as number;
      const ci = im[r] as number;
      const dr = re[s] as number;
      const di = im[s] as number;
      const sumR = ar + cr;
      const sumI = ai + ci;
      const gapR = ar - cr;
      const gapI = ai - ci;
      const otherR = br + dr;
      const otherI = bi + di;
      const turnR = bi - di; // −i (b − d)
      const turnI = dr - br;
      re[p] = sumR + otherR;
      im[p] = sumI + otherI;
      const oneR = gapR + turnR;
      const oneI = gapI + turnI;
      const twoR = sumR - otherR;
      const twoI = sumI - otherI;
      const threeR = gapR - turnR;
      const threeI = gapI - turnI;
      const k = j * step;
      const c1 = cos[k] as number;
      const s1 = sin[k] as number;
      const c2 = cos[2 * k] as number;
      const s2 = sin[2 * k] as number;
      const c3 = cos[3 * k] as number;
      const s3 = sin[3 * k] as number;
      re[q] = oneR * c1 + oneI * s1;
      im[q] = oneI * c1 - oneR * s1;
      re[r] = twoR * c2 + twoI * s2;
      im[r] = twoI * c2 - twoR * s2;
      re[s] = threeR * c3 + threeI * s3;
      im[s] = threeI * c3 - threeR * s3;
    }
  }
}

/** One backward step: four blocks of n / 4 become one of n. */
function join(re: Float64Array, im: Float64Array, n: number, cos: Float64Array, sin: Float64Array): void {
  const size = re.length;
  const quarter = n / 4;
  const step = size / n;
  for (let block = 0; block < size; block += n) {
    for (let j = 0; j < quarter; j++) {
      const p = block + j;
      const q = p + quarter;
      const r = q + quarter;
      const s = r + quarter;
      const k = j * step;
      const c1 = cos[k] as number;
      const s1 = sin[k] as number;
      const c2 = cos[2 * k] as number;
      const s2 = sin[2 * k] as number;
      const c3 = cos[3 * k] as number;
      const s3 = sin[3 * k] as number;
      const zeroR = re[p] as number;
      const zeroI = im[p] as number;
      const qr = re[q] as number;
      const qi = im[q] as number;
      const rr = re[r] as number;
      const ri = im[r] as number;
      const sr = re[s] as number;
      const si = im[s] as number;
      const oneR = qr * c1 - qi * s1;
      const oneI = qi * c1 + qr * s1;
      const twoR = rr * c2 - ri * s2;
      const twoI = ri * c2 + rr * s2;
      const threeR = sr * c3 - si * s3;
      const threeI = si * c3 + sr * s3;
      const evenR = zeroR + twoR;
      const evenI = zeroI + twoI;
      const gapR = zeroR - twoR;
      const gapI = zeroI - twoI;
      const sumR = oneR + threeR;
      const sumI = oneI + threeI;
      const turnR = threeI - oneI; // i (one − three)
      const turnI = oneR - threeR;
      re[p] = evenR + sumR;
      im[p] = evenI + sumI;
      re[q] = gapR + turnR;
      im[q] = gapI + turnI;
      re[r] = evenR - sumR;
      im[r] = evenI - sumI;
      re[s] = gapR - turnR;
      im[s] = gapI - turnI;
    }
  }
}
