"""Four stops on what goes wrong, for whoever builds: the symptom, the number that shows it, the cause and the fix."""

from __future__ import annotations

from dashboard.tabs.tour.stop import EXACT, Choices, Fault, Source, Stop, Try

WRONG = (
    Stop(
        id="leak",
        title="A schedule that leaves signal at the end",
        text=(
            "Training adds noise up to the last timestep. If the schedule is too short, some signal is left even "
            "there, "
            "and the network learns to rely on it. Sampling starts from pure noise, which has none.",
            "Below, the data have a mean of 3, and the schedule leaves α = 0.28 of the signal. The denoiser is "
            "perfect.",
        ),
        question="DDIM starts from pure noise. Where is the mean of its points at the end?",
        answers=Choices(("At 3, like the data's", "Nearer to 0 than the data's", "Beyond 3")),
        measure="plane.leak",
        own=False,
        made=EXACT,
        told=(
            "The mean ends at {leaking:.2f} instead of 3: the points are good ones, but too many lie nearer to 0. "
            "With a schedule that reaches α = {end:.3f} it ends at "
            "{good:.2f}.",
        ),
        take="{leaking:.2f} instead of 3: look at α at the last timestep; it must be close to 0.",
        attempt=Try(
            "In Generate, a run with “leading” spacing has the same fault: it starts at a timestep below the highest, "
            "where training still had signal. Read the advice beside the prompt, switch to “trailing” and compare.",
            {"tab": "generate", "spacing": "leading", "steps": "10"},
            "#advice",
        ),
        source=Source(
            "SNR(<var>T</var>) = α<sub>T</sub>² / σ<sub>T</sub>² must be 0",
            ("2305.08891", "Lin et al. 2024"),
            "core/schedule.py",
            "signal = torch.cumprod(1 - betas, dim=0)",
        ),
        fault=Fault(
            "All pictures have medium brightness. No prompt brings a really dark or a really bright one.",
            "α is not 0 at the last timestep, so a little signal is left there. In training the network read the mean "
            "brightness from it; sampling begins with pure noise, whose mean is 0.",
            "Rescale the schedule to zero terminal SNR, predict v, and start at the last timestep (trailing spacing).",
        ),
    ),
    Stop(
        id="kind",
        title="The wrong prediction type",
        text=(
            "Networks predict the noise ε, the clean image x₀, or v, a mixture of both. All three have the same shape "
            "and "
            "nearly the same size. If the sampler takes one for another, nothing crashes.",
            "Below, the same network draws the same prompt twice. The second time, the sampler takes its prediction "
            "for "
            "another type.",
        ),
        question="Halfway through the run, how large is the standard deviation of the noisy latent, compared with the "
        "right run?",
        answers=Choices(("About the same", "Much too large", "Much too small")),
        measure="faults.kind",
        told=(
            "Halfway the latent has a standard deviation of {wrong:.2f}, in the right run {right:.2f}. The network "
            "predicts {kind}; the sampler took it for {taken}.",
            "CLIP's cosine between picture and prompt goes from {fit:.2f} to {unfit:.2f}.",
        ),
        take="{wrong:.2f} against {right:.2f}: watch the standard deviation of the noisy latent.",
        attempt=Try(
            "In the 2-D lab, train networks that predict ε, x₀ and v, and compare their errors.",
            {"tab": "lab", "lab-view": "train", "lab-kind": "v"},
            "#lab-stage",
        ),
        source=Source(
            "<var>v</var> = α<sub>t</sub> ε − σ<sub>t</sub> <var>x</var><sub>0</sub>",
            ("2202.00512", "Salimans & Ho 2022, appendix D"),
            "core/guidance.py",
            '"v": lambda alpha, sigma: (-sigma, alpha),',
        ),
        fault=Fault(
            "Burnt colours and hard contrast, or a grey field of noise. No error message.",
            "The scheduler's prediction_type is not the one that the network was trained with.",
            "Take the type from the model's own configuration, never from a default. Test it with one training "
            "picture: "
            "add noise, predict, and compare x̂₀ with the picture.",
        ),
    ),
    Stop(
        id="high",
        title="Guidance far too high",
        text=(
            "If some guidance makes a picture fit its prompt better, more should make it fit better still. Below, the "
            "same prompt and seed, once with guidance 4 and once with 30.",
        ),
        question="Does the picture fit its prompt better with guidance 30, by CLIP's cosine?",
        answers=Choices(("It fits better", "About equally well", "It fits worse")),
        measure="faults.high",
        told=(
            "The cosine goes from {fit:.3f} at 4 to {unfit:.3f} at 30; a change of up to {same:.2f} counts as none. "
            "CLIP sees what a picture shows, and hardly how it is damaged.",
            "The predicted image leaves the range that latents have, and the sampler cuts it off. This changes the "
            "prediction by {cut:.2f} on average, at guidance 4 by {usual:.2f}. The noise itself measures about 1.",
        ),
        take="The cut changes the prediction by {cut:.2f} at guidance 30, by {usual:.2f} at 4.",
        attempt=Try(
            "In Guidance, sweep over scales and watch where the picture begins to break.",
            {"tab": "guidance", "scales": "1, 4, 12, 30", "seeds": "1"},
            "#sweep",
        ),
        source=Source(
            "x̂<sub>0</sub> ← clamp(x̂<sub>0</sub>); ε ← (<var>x<sub>t</sub></var> − α<sub>t</sub> x̂<sub>0</sub>) / "
            "σ<sub>t</sub>",
            ("2205.11487", "Saharia et al. 2022, section 2.3"),
            "core/sampler.py",
            "x0.clamp(*clip)",
        ),
        fault=Fault(
            "Oversaturated colours, hard edges, blotches; all seeds look alike.",
            "Guidance extrapolates beyond both predictions. Far out, the network never learned what is right.",
            "Lower the scale, guide only at medium noise levels (guidance interval), or rescale or threshold x̂₀.",
        ),
    ),
    Stop(
        id="last",
        title="Noise added at the last step",
        text=(
            "A sampler with fresh noise adds some after each step but the last, since no network call follows that "
            "could remove it. Below, a run of five steps, right, and with noise added at the last step too.",
        ),
        question="What becomes of this last noise?",
        answers=Choices(
            ("The decoder removes it", "It stays in the picture as a texture", "It turns into another picture")
        ),
        measure="faults.last",
        told=(
            "The latent keeps noise of standard deviation {noise:.2f}, where it should have 0. The pixels change by "
            "{pixels:.3f} (root mean square, 0 to 1).",
            "Both pictures still show the same: their embeddings have a cosine of {cosine:.2f}. So CLIP does not find "
            "this fault; the noise that is left does.",
        ),
        take="{noise:.2f} instead of 0: measure the noise in the last state.",
        attempt=Try(
            "In Samplers, look at the last steps of DDPM with 5 and with 50 steps.",
            {"tab": "samplers", "lanes": "ddpm:5:0,ddpm:50:0"},
            "#lanes",
        ),
        source=Source(
            "σ<sub>s</sub> = 0 at the end, so that τ = 0",
            ("2006.11239", "Ho et al. 2020, algorithm 2, line 3"),
            "core/walk.py",
            "return m.s.alpha * m.x0 + m.s.sigma * math.sqrt(1 - fresh**2) * m.eps, m.s.sigma * fresh",
        ),
        fault=Fault(
            "A fine grain or mottled areas over an otherwise good picture; worse with few steps.",
            "The loop adds noise after the last update as well, or stops one noise level too early.",
            "No noise at the last step: z = 0 there, and let the schedule end at σ = 0.",
        ),
    ),
)
