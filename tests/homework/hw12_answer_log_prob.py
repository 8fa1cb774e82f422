"""What students write for answer_log_prob."""

import numpy as np


def right_loops(log_p, is_prompt):
    out = []
    for row, mask in zip(log_p, is_prompt, strict=True):
        total = 0.0
        for x, prompt in zip(row, mask, strict=True):
            if not prompt:
                total += x
        out.append(total)
    return out


def right_product_with_mask(log_p, is_prompt):
    return np.sum(log_p * (1 - is_prompt), axis=-1, keepdims=True)


def right_generator_float32(log_p, is_prompt):
    for row, mask in zip(log_p.astype(np.float32), is_prompt, strict=True):
        yield row[~mask].sum()


def right_in_place(log_p, is_prompt):
    log_p[is_prompt] = 0
    return {k: row.sum() for k, row in enumerate(log_p)}


def everything(log_p, is_prompt):
    """ln pi of an answer: the prompt is counted, too"""
    return log_p.sum(axis=1)


def average(log_p, is_prompt):
    """ln pi of an answer: the mean over the answer's tokens"""
    return [row[~mask].mean() for row, mask in zip(log_p, is_prompt, strict=True)]


def upside_down(log_p, is_prompt):
    """ln pi of an answer: the mask is upside down"""
    return (log_p * is_prompt).sum(axis=1)


def masked_mean(log_p, is_prompt):
    """ln pi of an answer: the sum is divided by the number of all tokens"""
    return np.mean(np.where(is_prompt, 0, log_p), axis=1)


def plain_mean(log_p, is_prompt):
    """ln pi of an answer: the mean over prompt and answer"""
    return log_p.mean(axis=1)


def one_late(log_p, is_prompt):
    """ln pi of an answer: the first token of the answer is left out"""
    starts = is_prompt.sum(axis=1)
    return [row[k + 1 :].sum() for row, k in zip(log_p, starts, strict=True)]


def no_end(log_p, is_prompt):
    """ln pi of an answer: the last token of the answer is left out"""
    return np.where(is_prompt, 0, log_p)[:, :-1].sum(axis=1)


def one_early(log_p, is_prompt):
    """ln pi of an answer: the last token of the prompt is counted"""
    starts = is_prompt.sum(axis=1)
    return [row[k - 1 :].sum() for row, k in zip(log_p, starts, strict=True)]


def probability(log_p, is_prompt):
    """ln pi of an answer: exp is taken"""
    return np.prod(np.where(is_prompt, 1, np.exp(log_p)), axis=1)


def loss(log_p, is_prompt):
    """ln pi of an answer: the sign is wrong"""
    return -np.where(is_prompt, 0, log_p).sum(axis=1)


def log_of_sum(log_p, is_prompt):
    """ln pi of an answer: probabilities are added"""
    return np.log(np.where(is_prompt, 0, np.exp(log_p)).sum(axis=1))


def whole_batch(log_p, is_prompt):
    """ln pi of an answer: the sum runs over the whole batch"""
    return np.full(len(log_p), log_p[~is_prompt].sum())


def first_mask(log_p, is_prompt):
    """ln pi of an answer: the mask of the first row"""
    return log_p[:, ~is_prompt[0]].sum(axis=1)


def last_token(log_p, is_prompt):
    """ln pi of an answer: only the last token"""
    return log_p[:, -1]
