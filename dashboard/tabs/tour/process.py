"""The first seven stops of the tour: from noise to a picture. Every word of them stands here."""

from __future__ import annotations

from dashboard.tabs.tour.stop import EXACT, Choices, Scale, Source, Stop, Try

PROCESS = (
    Stop(
        id="noise",
        title="From noise to a picture",
        text=(
            "A diffusion model begins with pure noise: random numbers that hold no picture. It removes a little of the "
            "noise, step by step, and a picture is left.",
            "The seed decides the noise. The prompt decides what the model looks for in it. To save work, all this "
            "happens in a smaller array of numbers, the latent, which a second network, the decoder, turns into "
            "pixels.",
        ),
        question="CLIP scores how well a picture fits a text. After how many of the 25 steps does it first recognise "
        "the prompt in the noisy picture, and keep recognising it?",
        answers=Scale(25, near=3),
        measure="images.noise",
        told=(
            "In the noisy picture CLIP recognises “{prompt}” from step {noisy} on: from there it fits better than "
            "{others}.",
            "In the image that the network predicts at each step, CLIP recognises it from step {clean} on. The model "
            "decides early what to draw, and adds the detail late.",
        ),
        take="Step {noisy} of {steps}: from here CLIP sees the prompt in the noisy picture.",
        cases={
            "never": (
                "CLIP does not recognise “{prompt}” in this run: even at the end another text fits better ({others}). "
                "That happens with words that the model never learned. Try another prompt in Generate, and come back.",
            )
        },
        attempt=Try(
            "In Generate, drag the step rail and watch the three rows: noisy latent, predicted image, predicted noise.",
            {"tab": "generate"},
            "#strip",
        ),
        source=Source(
            "<var>x<sub>t</sub></var> = α<sub>t</sub> <var>x</var><sub>0</sub> + σ<sub>t</sub> ε",
            ("2006.11239", "Ho et al. 2020"),
            "core/sampler.py",
            "arrived, std = SAMPLERS[sampler].update(move)",
        ),
    ),
    Stop(
        id="walk",
        title="A random walk, and its reverse",
        text=(
            "Look at points in the plane instead of pictures. In the forward process each point takes many small "
            "random steps, and is drawn a little towards the centre each time, so that the cloud does not grow. The "
            "random steps are Brownian motion, like that of a speck of dust in water.",
            "To generate, a model walks back. It needs one thing at every place and noise level: the score, the "
            "direction in which the data become more likely. It is the noise that is in the point, turned round: "
            "score = −ε / σ, where σ says how strong the noise ε is. So a network that predicts the noise knows the "
            "way.",
        ),
        question="After 1,000 random steps, how much does a point's place still tell you about where it began?",
        answers=Choices(("About half of it", "About a tenth of it", "Almost nothing")),
        measure="plane.walk",
        own=False,
        made=EXACT,
        told=(
            "The place at the start explains {explained:.2%} of the place at the end.",
            "Backwards, {count} new points follow the score. {arrived:.0%} of them end on the spiral, no farther than "
            "0.1 from its points. Of the noise they began as, {before:.0%} lay there by chance.",
        ),
        take="{arrived:.0%} of the points walk from pure noise back to the data, led by the score.",
        attempt=Try(
            "In the 2-D lab, press Play and watch a shape drift into noise. Click a point to follow its walk.",
            {"tab": "lab", "lab-view": "noise", "lab-data": "spiral"},
            "#lab-stage",
        ),
        source=Source(
            "forward: d<var>x</var> = −½ β <var>x</var> d<var>t</var> + √β d<var>W</var>; back: "
            "d<var>x</var> = (−½ β <var>x</var> − β ∇ log <var>p<sub>t</sub></var>) d<var>t</var> + √β d<var>W</var>",
            ("2011.13456", "Song et al. 2021"),
            "core/toy/experiment.py",
            "x.append(a * x[-1] + fresh * rng.normal(size=(count, 2)))",
        ),
    ),
    Stop(
        id="predict",
        title="What the network predicts",
        text=(
            "In training, the network sees a picture with noise on it, of any strength, and must predict the noise: "
            "all of it, not that of the last step. All of it can be judged from the picture as a whole. Which small "
            "part of it came last leaves no trace, so a network that is asked for that learns far more slowly. (Or it "
            "predicts v, a mixture of noise and picture from which both follow, as the models here do.) Its loss is "
            "the squared error of this prediction.",
            "Take the predicted noise away, scale up what remains, and you have the predicted image x̂₀: the "
            "network's guess of where the walk will end.",
        ),
        question="The first prediction is made from pure noise. What does the first predicted image look like?",
        answers=Choices(("Like the finished picture", "A soft, blurred version", "Like noise")),
        measure="images.predict",
        told=(
            "The first predicted image has {detail:.0%} of the finished picture's detail (the mean squared difference "
            "of "
            "neighbouring pixels; guidance is off here).",
            "The squared error makes it so. Many pictures could lie behind this noise. The guess with the smallest "
            "squared error is their average, and an average is blurred. With every step fewer remain possible.",
        ),
        take="{detail:.0%} of the final detail: the best first guess is an average.",
        attempt=Try(
            "In Generate, set the rail to step 0 and look at the predicted image; then go on step by step.",
            {"tab": "generate", "guidance": "1"},
            "#pictures",
        ),
        source=Source(
            "<var>L</var> = E ‖ε − ε<sub>θ</sub>(<var>x<sub>t</sub></var>, <var>t</var>)‖²; "
            "<var>x̂</var><sub>0</sub> = (<var>x<sub>t</sub></var> − σ<sub>t</sub> ε<sub>θ</sub>) / α<sub>t</sub>",
            ("2006.11239", "Ho et al. 2020, algorithm 1"),
            "core/sampler.py",
            "x0 = (x - level.sigma * p.eps) / level.alpha if p.x0 is None else p.x0",
        ),
    ),
    Stop(
        id="time",
        title="Told the time",
        text=(
            "The network is also told the timestep, which says how much noise there is. With much noise it looks for "
            "the rough shape, with little noise for the fine detail.",
            "Below, the same points are led back twice, each time by the best prediction there can be, worked out "
            "exactly. Once it is told the time. Once it is not, so at each place it can only give one direction: the "
            "average over all noise levels.",
        ),
        question="Without the time, what share of the points comes to the spiral?",
        answers=Scale(100, near=15, unit=" %"),
        measure="plane.time",
        own=False,
        made=EXACT,
        told=(
            "Without the time {blind:.0%} of the points end on the spiral, with it {informed:.0%}. (Of the pure noise "
            "that they began as, {before:.0%} lay there by chance.)",
            "One place can belong to a noisy point far from its origin or to a nearly clean one. The right direction "
            "differs, so the network must know the noise level.",
        ),
        take="{blind:.0%} against {informed:.0%}: a network must be told the noise level.",
        attempt=Try(
            "In the 2-D lab, press Train and watch a network learn without the time. Then switch Time conditioning on "
            "and train again.",
            {"tab": "lab", "lab-view": "train", "lab-data": "spiral", "lab-told": "false"},
            "#lab-stage",
        ),
        source=Source(
            "ε<sub>θ</sub>(<var>x<sub>t</sub></var>, <var>t</var>) instead of ε<sub>θ</sub>(<var>x<sub>t</sub></var>)",
            ("2006.11239", "Ho et al. 2020, section 4"),
            "core/toy/mlp.py",
            "h = h + self.time(self._features(alone))",
        ),
    ),
    Stop(
        id="fresh",
        title="Why fresh noise is added",
        text=(
            "DDPM is the sampler of the first diffusion models. Each of its steps goes towards the predicted image and "
            "then adds a little fresh noise. That looks like a step in the wrong direction. But the predicted image is "
            "an average: going towards it takes away spread, and the fresh noise puts it back.",
            "Below, the same points walk back twice: with the fresh noise, and without it.",
        ),
        question="Without the fresh noise, how much of the data's spread (its variance) is left at the end?",
        answers=Scale(100, near=10, unit=" %"),
        measure="plane.fresh",
        own=False,
        made=EXACT,
        told=(
            "Without fresh noise {without:.1%} of the variance is left, with it {kept:.0%}.",
            "Each step aims at an average of all that is still possible. The fresh noise keeps the points apart, and "
            "keeps them at the noise level for which the network was trained. Without it they shrink to a few places "
            "near the mean.",
        ),
        take="{without:.1%} of the variance: without fresh noise DDPM collapses.",
        attempt=Try(
            "In the 2-D lab, watch four samplers start from the same noise. One of them collapses.",
            {"tab": "lab", "lab-view": "back", "lab-data": "spiral"},
            "#lab-stage",
        ),
        source=Source(
            "DDPM: <var>x</var><sub>s</sub> = mean + τ <var>z</var>, <var>z</var> ~ N(0, 1); the run that collapses "
            "keeps this mean and leaves out τ <var>z</var>. DDIM adds no noise either, but has another mean.",
            ("2006.11239", "Ho et al. 2020, algorithm 2"),
            "core/sampler.py",
            "x = x + std * z",
        ),
    ),
    Stop(
        id="blur",
        title="The average is a blur",
        text=(
            "Now the same with pictures. The image model draws without a prompt, so that any picture may come. DDPM "
            "takes 25 steps, once with its fresh noise and once without.",
            "Before you look: at each step the model aims at an average of all pictures that are still possible.",
        ),
        question="What does the run without fresh noise draw?",
        answers=Choices(("A sharper picture", "About the same picture", "A blur without any detail")),
        measure="images.blur",
        made="Measured just now with the model “{model}”, without a prompt, from seed {seed}.",
        told=(
            "Without fresh noise the picture keeps {detail:.1%} of the detail that DDPM's has.",
            "The state soon holds less noise than its timestep says. The network never met such states in training, "
            "and the run ends near the average of all pictures.",
        ),
        take="{detail:.1%} of the detail: fresh noise is what makes a picture out of an average.",
        attempt=Try(
            "In Samplers, both runs stand side by side. Drag the rail and watch where they part.",
            {"tab": "samplers", "lanes": "ddpm:25:0,ddpm-noiseless:25:0", "lanes-guidance": "0"},
            "#lanes",
        ),
        source=Source(
            "arg min<sub><var>a</var></sub> E ‖<var>x</var><sub>0</sub> − <var>a</var>‖² = "
            "E[<var>x</var><sub>0</sub> | <var>x<sub>t</sub></var>]",
            ("2206.00364", "Karras et al. 2022, equation 57"),
            "core/updates.py",
            "def _ddpm_noiseless(m: Move) -> tuple[Tensor, float]:",
        ),
    ),
    Stop(
        id="ddim",
        title="DDIM and the Fokker-Planck equation",
        text=(
            "The Fokker-Planck equation describes how the distribution of all points changes in time; it says nothing "
            "about single points. It shows that random steps spread a crowd just as a smooth flow out of its dense "
            "places would, and that this flow is half as strong as the pull along the score by which DDPM walks back. "
            "So half of the pull only makes up for the fresh noise. Leave out the noise and that half, and the "
            "distribution stays the same at every noise level.",
            "DDIM takes this smooth path. It adds no noise at all.",
        ),
        question="DDPM with no added noise collapsed. DDIM also adds no noise. Where do its points end?",
        answers=Choices(
            ("They collapse as well", "In the same distribution as DDPM's points", "Spread out, far from the data")
        ),
        measure="plane.ddim",
        own=False,
        made=EXACT,
        told=(
            "A statistical test finds no more difference between DDIM's and DDPM's points than chance allows (p = "
            "{same:.2f}; a p below 0.05 would be a sign of one). It does tell DDPM with no added noise apart (p = "
            "{collapsed:.3f}).",
            "A smooth path also needs fewer steps. With only 10 steps DDIM's points end {ddim:.3f} from the data, "
            "DDPM's {ddpm:.3f} (energy distance, 0 is perfect).",
        ),
        cases={
            "differs": (
                "Here the test does tell DDIM's points from DDPM's (p = {same:.2f}): with so few steps they differ a "
                "little.",
            )
        },
        take="p = {same:.2f}: other paths, and the test finds no other distribution.",
        attempt=Try(
            "In the 2-D lab, compare the densities of the smooth path (η = 0) and of the random one.",
            {"tab": "lab", "lab-view": "density", "lab-data": "spiral", "lab-eta": "1"},
            "#lab-stage",
        ),
        source=Source(
            "∂<var>p</var>/∂<var>t</var> = −∇·(<var>f p</var>) + ½ <var>g</var>² Δ<var>p</var> = "
            "−∇·((<var>f</var> − ½ <var>g</var>² ∇ log <var>p</var>) <var>p</var>)",
            ("2011.13456", "Song et al. 2021, section 4.3"),
            "core/walk.py",
            "fresh = eta * math.sqrt(1 - kept)",
        ),
    ),
)
