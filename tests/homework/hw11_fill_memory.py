"""What students write for fill_memory."""

import numpy as np


def right_lists(world, theta, noise, high):
    states, actions, rewards, nexts, ends = [], [], [], [], []
    s = world.reset()[0]
    for k in range(len(noise)):
        a = theta * s + noise[k]
        a = high if a > high else -high if a < -high else a
        s_next, r, terminated, truncated, _ = world.step(a)
        states.append(s)
        actions.append(a)
        rewards.append(r)
        nexts.append(s_next)
        ends.append(terminated)
        s = world.reset()[0] if terminated or truncated else s_next
    return states, actions, rewards, nexts, ends


class right_class_float32:  # noqa: N801
    def __init__(self, world, theta, noise, high):
        self.memory = np.zeros((5, len(noise)), dtype=np.float32)
        over = True
        for k, x in enumerate(noise):
            if over:
                s, _ = world.reset()
            a = min(max(theta * s + x, -high), high)
            s_next, r, terminated, truncated, _ = world.step(a)
            self.memory[:, k] = s, a, r, s_next, terminated
            s, over = s_next, terminated or truncated

    def __iter__(self):
        return iter(self.memory)


def right_preallocated(world, theta, noise, high):
    N = len(noise)
    s, a, r, s_next = np.zeros((4, N))
    end = np.zeros(N, dtype=bool)
    now, _ = world.reset()
    for k in range(N):
        s[k], a[k] = now, np.clip(theta * now + noise[k], -high, high)
        s_next[k], r[k], end[k], cut, _ = world.step(a[k])
        now = s_next[k]
        if end[k] or cut:
            now = world.reset()[0]
    return s, a, r, s_next, end


def _walk(world, noise, act, remember):
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = act(s, x)
        s_next, r, terminated, truncated, _ = world.step(a)
        memory.append(remember(s, x, a, r, s_next, terminated, truncated))
        s = s_next
        if terminated or truncated:
            s, _ = world.reset()
    return tuple(zip(*memory, strict=True))


def _all(s, x, a, r, s_next, terminated, truncated):
    return s, a, r, s_next, terminated


def not_cut(world, theta, noise, high):
    """the rule for a: the action is not cut"""
    return _walk(world, noise, lambda s, x: theta * s + x, _all)


def noise_after_cut(world, theta, noise, high):
    """the rule for a: theta s is cut, and then the noise is added"""
    return _walk(world, noise, lambda s, x: np.clip(theta * s, -high, high) + x, _all)


def noise_cut(world, theta, noise, high):
    """the rule for a: the noise is cut"""
    return _walk(world, noise, lambda s, x: theta * s + np.clip(x, -high, high), _all)


def no_noise(world, theta, noise, high):
    """the rule for a: the noise is left out"""
    return _walk(world, noise, lambda s, x: max(-high, min(high, theta * s)), _all)


def stuck(world, theta, noise, high):
    """the rule for a: the actor sees the first state again and again"""
    first = []

    def act(s, x):
        first.append(s)
        return np.clip(theta * first[0] + x, -high, high)

    return _walk(world, noise, act, _all)


def cut_at_one(world, theta, noise, high):
    """the rule for a: the action is cut to [-1, 1]"""
    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -1, 1), _all)


def cut_above(world, theta, noise, high):
    """the rule for a: the action is cut from above only"""
    return _walk(world, noise, lambda s, x: min(high, theta * s + x), _all)


def stores_uncut(world, theta, noise, high):
    """the memory of a: the action is stored as it was before it was cut"""
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = theta * s + x
        s_next, r, terminated, truncated, _ = world.step(np.clip(a, -high, high))
        memory.append((s, a, r, s_next, terminated))
        s = world.reset()[0] if terminated or truncated else s_next
    return list(np.array(memory).T)


def stores_without_noise(world, theta, noise, high):
    """the memory of a: the action is stored without its noise"""

    def remember(s, x, a, r, s_next, terminated, truncated):
        return s, theta * s, r, s_next, terminated

    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), remember)


def done(world, theta, noise, high):
    """the memory of terminated: truncated is taken for terminated"""

    def remember(s, x, a, r, s_next, terminated, truncated):
        return s, a, r, s_next, terminated or truncated

    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), remember)


def mask(world, theta, noise, high):
    """the memory of terminated: 1 - terminated is stored"""

    def remember(s, x, a, r, s_next, terminated, truncated):
        return s, a, r, s_next, 1 - terminated

    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), remember)


def overwritten(world, theta, noise, high):
    """the memory of s: s is overwritten before it is stored"""
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = np.clip(theta * s + x, -high, high)
        s, r, terminated, truncated, _ = world.step(a)
        memory.append((s, a, r, s, terminated))
        if terminated or truncated:
            s, _ = world.reset()
    return tuple(np.transpose(memory))


def reset_too_early(world, theta, noise, high):
    """the memory of s_next: after an end, the first state of the next episode is stored"""
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = np.clip(theta * s + x, -high, high)
        s_next, r, terminated, truncated, _ = world.step(a)
        if terminated or truncated:
            s_next, _ = world.reset()
        memory.append((s, a, r, s_next, terminated))
        s = s_next
    return tuple(np.transpose(memory))


def no_future(world, theta, noise, high):
    """the memory of s_next: zero is stored where the episode is over"""

    def remember(s, x, a, r, s_next, terminated, truncated):
        return s, a, r, 0.0 if terminated or truncated else s_next, terminated

    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), remember)


def one_too_many(world, theta, noise, high):
    """the number of steps: one step too many"""
    memory = _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), _all)
    world.reset()
    world.step(0.0)
    return memory


def resets_always(world, theta, noise, high):
    """the walk: reset is called after each step"""
    memory = []
    for x in noise:
        s, _ = world.reset()
        a = np.clip(theta * s + x, -high, high)
        s_next, r, terminated, _, _ = world.step(a)
        memory.append((s, a, r, s_next, terminated))
    return tuple(np.transpose(memory))


def noise_from_the_start(world, theta, noise, high):
    """the rule for a: the noise begins anew in each episode"""
    memory, k = [], 0
    s, _ = world.reset()
    while len(memory) < len(noise):
        a = np.clip(theta * s + noise[k], -high, high)
        s2, r, end, cut, _ = world.step(a)
        memory.append([s, a, r, s2, end])
        s, k = s2, k + 1
        if end or cut:
            s, k = world.reset()[0], 0
    return list(np.transpose(memory))


def clean_action(world, theta, noise, high):
    """the memory of a: the action is stored without its noise, and cut"""

    def remember(s, x, a, r, s_next, terminated, truncated):
        return s, np.clip(theta * s, -high, high), r, s_next, terminated

    return _walk(world, noise, lambda s, x: np.clip(theta * s + x, -high, high), remember)


def keeps_the_last_state(world, theta, noise, high):
    """the memory of s: after an end the state that ended the episode"""
    memory = []
    s, _ = world.reset()
    for x in noise:
        a = np.clip(theta * s + x, -high, high)
        s_next, r, terminated, truncated, _ = world.step(a)
        memory.append((s, a, r, s_next, terminated))
        if terminated or truncated:
            world.reset()
        s = s_next
    return tuple(np.transpose(memory))
