"""numpy's random numbers, drawn where numpy is not: inside compiled loops. Needs the extra `fast`.

A stream is the state of a PCG64, four words of 64 bits: (state, high and low; increment, high and
low). It gives bit for bit what `Generator(PCG64(...)).random()` gives, so that a run may go on from
one to the other. [O'Neill 2014; SeedSequence of numpy]
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.compiling import inline, jit

Words = npt.NDArray[np.uint64]


_32, _MASK = np.uint64(32), np.uint64(0xFFFFFFFF)
_MULTIPLIER_HIGH, _MULTIPLIER_LOW = np.uint64(0x2360ED051FC65DA4), np.uint64(0x4385DF649FCCF645)
_UNIT = 1.0 / 9007199254740992.0  # 2^-53

# Of numpy's SeedSequence; all arithmetic is of 32 bits.
_INIT_A, _MULT_A = np.uint32(0x43B0D7E5), np.uint32(0x931E8875)
_INIT_B, _MULT_B = np.uint32(0x8B51F9DD), np.uint32(0x58F38DED)
_MIX_L, _MIX_R = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_16 = np.uint32(16)


def stream_of(rng: np.random.Generator) -> Words:
    """The state of a Generator over PCG64."""
    state = rng.bit_generator.state["state"]
    words = [state[key] >> shift & 2**64 - 1 for key in ("state", "inc") for shift in (64, 0)]
    return np.array(words, dtype=np.uint64)


def put_back(stream: Words, rng: np.random.Generator) -> None:
    """Let a Generator go on where the stream is."""
    high, low, inc_high, inc_low = (int(x) for x in stream)
    whole: Any = dict(rng.bit_generator.state)
    whole["state"] = {"state": high << 64 | low, "inc": inc_high << 64 | inc_low}
    rng.bit_generator.state = whole


@inline
def random(stream):  # type: ignore[no-untyped-def]
    """The next number, as `rng.random()`."""
    _step(stream)
    high, low = stream[0], stream[1]
    mixed, turn = high ^ low, high >> np.uint64(58)
    mixed = (mixed >> turn) | (mixed << ((np.uint64(64) - turn) & np.uint64(63)))
    return np.float64(mixed >> np.uint64(11)) * _UNIT


@inline
def _step(stream):  # type: ignore[no-untyped-def]
    """state <- state * multiplier + increment, modulo 2^128."""
    high, low = stream[0], stream[1]
    # The high half of low * _MULTIPLIER_LOW, from its four products of 32 bits.
    a, b = low >> _32, low & _MASK
    c, d = _MULTIPLIER_LOW >> _32, _MULTIPLIER_LOW & _MASK
    bd, ad, bc = b * d, a * d, b * c
    middle = (bd >> _32) + (ad & _MASK) + (bc & _MASK)
    carry = a * c + (ad >> _32) + (bc >> _32) + (middle >> _32)
    high = high * _MULTIPLIER_LOW + low * _MULTIPLIER_HIGH + carry
    low = low * _MULTIPLIER_LOW
    total = low + stream[3]
    stream[0] = high + stream[2] + np.uint64(total < low)
    stream[1] = total


@jit
def seed_stream(stream, seed, episode):  # type: ignore[no-untyped-def]
    """What env.reset(seed=episode_seed(seed, episode)) does to the world's generator."""
    pool = np.empty(4, np.uint32)
    _mix(pool, np.uint32(seed), np.uint32(episode), 2)
    first = _words(pool, 1)[0]
    _mix(pool, first, np.uint32(0), 1)
    w = _words(pool, 8)
    v = np.empty(4, np.uint64)
    for i in range(4):
        v[i] = np.uint64(w[2 * i]) | (np.uint64(w[2 * i + 1]) << _32)
    one = np.uint64(1)
    stream[0] = stream[1] = np.uint64(0)
    stream[2], stream[3] = (v[2] << one) | (v[3] >> np.uint64(63)), (v[3] << one) | one
    _step(stream)
    total = stream[1] + v[1]
    stream[0] = stream[0] + v[0] + np.uint64(total < v[1])
    stream[1] = total
    _step(stream)


@inline
def _mix(pool, x, y, n):  # type: ignore[no-untyped-def]
    """The pool of SeedSequence([x, y][:n])."""
    constant = _INIT_A
    for i in range(4):
        value = x if i == 0 else y if i == 1 and n == 2 else np.uint32(0)
        value = np.uint32(value ^ constant)
        constant = np.uint32(constant * _MULT_A)
        value = np.uint32(value * constant)
        pool[i] = np.uint32(value ^ (value >> _16))
    for source in range(4):
        for target in range(4):
            if source != target:
                value = np.uint32(pool[source] ^ constant)
                constant = np.uint32(constant * _MULT_A)
                value = np.uint32(value * constant)
                value = np.uint32(value ^ (value >> _16))
                mixed = np.uint32(np.uint32(_MIX_L * pool[target]) - np.uint32(_MIX_R * value))
                pool[target] = np.uint32(mixed ^ (mixed >> _16))


@inline
def _words(pool, n):  # type: ignore[no-untyped-def]
    """SeedSequence.generate_state(n) from its pool."""
    words = np.empty(n, np.uint32)
    constant = _INIT_B
    for i in range(n):
        value = np.uint32(pool[i % 4] ^ constant)
        constant = np.uint32(constant * _MULT_B)
        value = np.uint32(value * constant)
        words[i] = np.uint32(value ^ (value >> _16))
    return words
