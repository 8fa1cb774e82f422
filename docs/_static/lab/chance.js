/* numpy's random numbers, draw by draw: np.random.default_rng(seed).random(), bit for bit.

   PCG64 is a linear congruential generator of 128 bits with a permuted output [O'Neill 2014];
   SeedSequence makes its first state of small seeds by hashing them to words of 32 bits. */
(function (lab) {
  "use strict";

  const word = (x) => x >>> 0; // 32 bits without a sign

  /* A hash of 32 bits whose constant moves on at each call. */
  function hash(constant, multiplier) {
    return function (x) {
      x = word(x ^ constant);
      constant = Math.imul(constant, multiplier);
      x = Math.imul(x, constant);
      return word(x ^ (word(x) >>> 16));
    };
  }

  function mix(x, y) {
    const z = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return word(z ^ (word(z) >>> 16));
  }

  /* np.random.SeedSequence(entropy).generate_state(n): n words of 32 bits. entropy is a list of up
     to four whole numbers below 2^32. */
  function words(entropy, n) {
    const stir = hash(0x43b0d7e5, 0x931e8875);
    const pool = [0, 1, 2, 3].map((i) => stir(entropy[i] || 0));
    for (let from = 0; from < 4; from++)
      for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], stir(pool[from]));
    const draw = hash(0x8b51f9dd, 0x58f38ded);
    return Array.from({ length: n }, (_, i) => draw(pool[i % 4]));
  }

  /* The seed with which rlbook resets a world for episode k of a run. */
  lab.episodeSeed = (seed, k) => words([seed, k], 1)[0];

  const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
  const low64 = (x) => BigInt.asUintN(64, x);
  const low128 = (x) => BigInt.asUintN(128, x);

  /* np.random.default_rng(seed), its random() alone: all that the methods of the lab draw. seed is a
     whole number from 0 to 2^32 - 1. */
  lab.generator = function (seed) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
      throw new Error("seed must be a whole number from 0 to 2^32 - 1");
    const w = words([seed], 8).map(BigInt);
    const wide = (i) => (w[i + 1] << 96n) | (w[i] << 64n) | (w[i + 3] << 32n) | w[i + 2];
    const increment = low128((wide(4) << 1n) | 1n);
    const advance = (x) => low128(x * MULTIPLIER + increment);
    let state = advance(advance(0n) + wide(0));
    return {
      /* Uniform on [0, 1): the upper 53 of 64 bits. */
      random() {
        state = advance(state);
        const x = low64((state >> 64n) ^ state);
        const turn = state >> 122n;
        const turned = (x >> turn) | low64(x << (64n - turn));
        return Number(turned >> 11n) / 2 ** 53;
      },
    };
  };
})((window.rlbookLab = window.rlbookLab || {}));
