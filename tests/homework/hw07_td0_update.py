"""What students write for td0_update."""

import numpy as np


def right_plain(v, s, r, s_next, terminated, truncated, gamma, alpha):
    target = r
    if not terminated:
        target += gamma * v[s_next]
    v[s] += alpha * (target - v[s])
    return v


def right_list(v, s, r, s_next, terminated, truncated, gamma, alpha):
    out = [float(x) for x in v]
    delta = out[s] - (r + (0 if terminated else gamma * out[s_next]))
    out[s] -= alpha * delta
    return out


def right_one_hot(v, s, r, s_next, terminated, truncated, gamma, alpha):
    e = np.eye(len(v))
    return v + alpha * e[s] * (r + gamma * (1 - terminated) * e[s_next] @ v - v[s])


def right_float32(v, s, r, s_next, terminated, truncated, gamma, alpha):
    v = np.asarray(v, dtype=np.float32).reshape(-1, 1)
    v[s] = (1 - alpha) * v[s] + alpha * (r + gamma * v[s_next] * (not terminated))
    return v


class right_class(list):  # noqa: N801
    def __init__(self, v, s, r, s_next, terminated, truncated, gamma, alpha):
        super().__init__(v)
        self[s] = self[s] - alpha * (self[s] - r - (gamma * v[s_next] if not terminated else 0))


def no_gamma(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): gamma is forgotten"""
    v[s] -= alpha * (v[s] - (r + (not terminated) * v[s_next]))
    return v


def never_ends(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the future is added after the episode has ended"""
    v[s] = v[s] + alpha * (r + gamma * v[s_next] - v[s])
    return v


def done(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): truncation is taken for termination"""
    finished = terminated or truncated
    target = r if finished else r + gamma * v[s_next]
    v[s] += alpha * (target - v[s])
    return v


def wrong_flag(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the future is left out where the step was truncated, and added"""
    target = r if truncated else r + gamma * v[s_next]
    v[s] += alpha * (target - v[s])
    return v


def flag_upside_down(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the future is added only where the episode has ended"""
    v[s] += alpha * (r + gamma * terminated * v[s_next] - v[s])
    return v


def plus_error(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the sign is wrong"""
    delta = v[s] - (r + gamma * (1 - terminated) * v[s_next])
    v[s] = v[s] + alpha * delta
    return v


def brackets(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): alpha multiplies the whole target"""
    v[s] = v[s] + alpha * (r + gamma * (1 - terminated) * v[s_next])
    return v


def no_alpha(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): alpha is forgotten"""
    v[s] = r + (0 if terminated else gamma * v[s_next])
    return v


def assigned(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the old value is lost: only alpha times the target"""
    v[s] = alpha * (r + (0 if terminated else gamma * v[s_next]))
    return v


def assigned_error(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the old value is lost: only alpha times the TD error"""
    v[s] = alpha * (r + (0 if terminated else gamma * v[s_next]) - v[s])
    return v


def mixed_the_other_way(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): alpha and 1 - alpha are exchanged"""
    target = r + gamma * v[s_next] * (not terminated)
    v[s] = alpha * v[s] + (1 - alpha) * target
    return v


def gamma_outside(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): gamma multiplies the reward, too"""
    target = gamma * (r + v[s_next] * (not terminated))
    v[s] -= alpha * (v[s] - target)
    return v


def own_value(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the value of the state itself is the future"""
    future = 0 if terminated else v[s]
    v[s] -= alpha * (v[s] - (r + gamma * future))
    return v


def written_ahead(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the update is written at the next state"""
    target = r + (0 if terminated else gamma * v[s_next])
    v[s_next] = v[s] + alpha * (target - v[s])
    return v


def lost(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): nothing is changed"""
    x = v[s]
    x = x - alpha * (x - (r + gamma * (1 - terminated) * v[s_next]))
    return v


def nothing_at_the_end(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the step that terminates an episode is not learned"""
    if not terminated:
        v[s] += alpha * (r + gamma * v[s_next] - v[s])
    return v


def target_in_full(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): alpha weighs the old value only"""
    v[s] = v[s] * (1 - alpha) + (r if terminated else r + gamma * v[s_next])
    return v


def integers(v, s, r, s_next, terminated, truncated, gamma, alpha):
    """(7.1): the table is cut to whole numbers"""
    v = v.astype(int)
    v[s] = v[s] + alpha * ((r if terminated else r + gamma * v[s_next]) - v[s])
    return v
