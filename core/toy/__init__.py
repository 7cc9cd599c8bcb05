"""The 2-D laboratory: diffusion in the plane, where every truth is known.

    data.Points -> exact.Mixture -> denoise(x, t, cond) -> core.sampler.sample, core.guidance.guide
                -> mlp.Training  -> the same contract, learned

Points are (N, 2), float64, centred, with a variance of 1 per coordinate.
"""
