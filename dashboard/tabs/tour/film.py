"""The twelve stops of the tour, in the order in which one thing explains the next. Every word of them stands here."""

from __future__ import annotations

from dashboard.tabs.tour.stop import EXACT, Choices, Scale, Source, Stop, Try

FILM = (
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
            "part of it came last leaves no trace, so a network that is asked for that learns far more slowly. (Or it"
            " predicts v, a mixture of noise and picture from which both follow, as the models here do.) Its loss is "
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
            "Without the time {blind:.0%} of the points end on the spiral, with it {informed:.0%}. (Of the pure noise"
            " that they began as, {before:.0%} lay there by chance.)",
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
            "The Fokker-Planck equation describes how the distribution of all points changes in time; it says nothing"
            " about single points. It shows that random steps spread a crowd just as a smooth flow out of its dense "
            "places would, and that this flow is half as strong as the pull along the score by which DDPM walks back."
            " So half of the pull only makes up for the fresh noise. Leave out the noise and that half, and the "
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
    Stop(
        id="clip",
        title="CLIP: words and pictures in one space",
        text=(
            "CLIP is a pair of networks. One turns a picture into a vector, its embedding; the other does so with a "
            "text. Both embeddings live in one space, so that a picture and a text can be compared.",
            "CLIP learns from pictures with their captions. Its objective is contrastive: in each batch the cosine of "
            "a picture with its own caption must be high, and with every other caption low.",
        ),
        question="Eight pictures and eight captions, shuffled. To how many pictures does CLIP give the right caption? "
        "Chance is 1.",
        answers=Scale(8, near=1),
        measure="clip.pairs",
        made="Measured just now with the CLIP of “{model}”. The seed {seed} chose the pictures from its gallery.",
        told=(
            "{right} of 8. A picture and its own caption have a cosine of {own:.2f} on average, all other pairs "
            "{other:.2f}.",
            "The contrastive loss of this batch is {loss:.3f}; guessing would have {chance:.2f}. CLIP draws nothing "
            "and has no list of labels. It only learns what belongs together.",
        ),
        take="{own:.2f} against {other:.2f}: a picture is closest to its own caption.",
        attempt=Try(
            "In CLIP, compare any texts with any pictures: write your own captions into the list.",
            {"tab": "clip", "clip": "similarity"},
            "#matrix",
        ),
        source=Source(
            "<var>L</var> = ½ (cross entropy over texts + over pictures) of softmax(<var>s</var> cos(picture, text))",
            ("2103.00020", "Radford et al. 2021, figure 3"),
            "core/meaning.py",
            "return float(-(np.log(rows).mean() + np.log(columns).mean()) / 2)",
        ),
    ),
    Stop(
        id="unclip",
        title="unCLIP: from a vector to pictures",
        text=(
            "CLIP goes from a picture to a vector, here 256 numbers. unCLIP, the recipe of DALL·E 2, goes back: a "
            "diffusion model draws pictures from the vector alone. A caption's own vector would not do, since in "
            "CLIP's space texts lie apart from all pictures. So a second diffusion model, the prior, has learned from"
            " captions and their pictures to draw the vector of a picture that fits.",
            "Below, the vector is that of your picture. Three new ones are drawn from it, each from new noise.",
        ),
        question="What do the new pictures share with the original?",
        answers=Choices(("Nearly every pixel", "What they show, but not the pixels", "Nothing")),
        measure="clip.unclip",
        told=(
            "In meaning: their embeddings have a cosine of {cosine:.2f} to the original's. Two unrelated pictures have "
            "{unrelated_cosine:.2f}.",
            "In pixels: they differ from it by {pixels:.2f} (root mean square, 0 to 1). Two unrelated pictures differ "
            "by {unrelated_pixels:.2f}.",
        ),
        take="{numbers} numbers hold what a picture shows; noise makes up the rest.",
        attempt=Try(
            "In unCLIP, turn the picture's vector towards another prompt, or draw from a picture of your own.",
            {"tab": "unclip"},
            "#unclip-variations-pictures",
        ),
        source=Source(
            "<var>p</var>(<var>x</var> | <var>y</var>) = <var>p</var>(<var>x</var> | <var>z</var>) "
            "<var>p</var>(<var>z</var> | <var>y</var>), <var>z</var> the embedding, <var>y</var> the caption",
            ("2204.06125", "Ramesh et al. 2022, section 2"),
            "core/networks/prior.py",
            'y = (self.into(x) + cond["caption"])[:, None]',
        ),
    ),
    Stop(
        id="guidance",
        title="Classifier-free guidance",
        text=(
            "CLIP's text encoder turns the prompt into vectors, one a word, which every block of the network reads. "
            "In training the prompt was left out now and then, so that one network can do without it too. (Earlier "
            "methods steered by a second network, a classifier, which says what a noisy picture shows: hence the "
            "name.)",
            "A prompt alone pulls weakly. So at each step the noise is predicted twice, without the prompt and with "
            "it, and guidance multiplies the difference by a scale g, so that the picture fits the prompt better: "
            "prediction = without + g × (with − without). At 0 the prompt is ignored, at 1 nothing is amplified.",
        ),
        question="How long is the difference of the two predictions, compared with the predictions themselves?",
        answers=Scale(100, near=10, unit=" %"),
        measure="images.guidance",
        told=(
            "The difference is {share:.0%} as long as the prediction, on average over the steps. Guidance {scale:g} "
            "makes "
            "it {scale:g} times as long.",
            "The cost: {guided} predictions of the network for {steps} steps, where a run without guidance needs "
            "{plain}. Guidance doubles the work.",
        ),
        take="{guided} predictions instead of {plain}: guidance costs twice the work.",
        attempt=Try(
            "In Guidance, drag the rail: both predictions are arrows, and you see the small difference that is "
            "stretched.",
            {"tab": "guidance"},
            "#arrows",
        ),
        source=Source(
            "ε̃ = ε(<var>x<sub>t</sub></var>, ∅) + <var>g</var> (ε(<var>x<sub>t</sub></var>, <var>c</var>) − "
            "ε(<var>x<sub>t</sub></var>, ∅))",
            ("2207.12598", "Ho & Salimans 2022"),
            "core/guidance.py",
            "return torch.lerp(without, with_cond, weight)",
        ),
    ),
    Stop(
        id="negative",
        title="Negative prompts",
        text=(
            "Guidance leads away from the prediction without a prompt. Put a negative prompt in the place of the empty "
            "one, and guidance leads away from that instead.",
            "Below we ask for “an apple”. The negative prompt is “a red apple”.",
        ),
        question="How does the likeness of the pictures to “a red apple” change?",
        answers=Choices(("It rises: the words are in the prompt now", "It hardly changes", "It falls")),
        measure="images.negative",
        own=False,
        made="Measured just now with the model “{model}”, on seeds 1 to 4, without the negative prompt and with it.",
        told=(
            "CLIP's cosine to “a red apple” goes from {before:.2f} to {after:.2f}, the mean of {count} seeds.",
            "It costs nothing more: {cost} predictions a run with it and without, since it replaces the empty prompt."
            " And it is no filter: it steers every step, and a picture that is finished is never thrown away.",
        ),
        take="{change:+.2f} in the cosine to “a red apple”, at no extra cost.",
        attempt=Try(
            "In Guidance, compare a run without and with the negative prompt, and look at the arrow that leads away.",
            {"tab": "guidance", "prompt": "an apple", "away": "a red apple", "guidance": "3"},
            "#negative-pair",
        ),
        source=Source(
            "ε̃ = ε(<var>x<sub>t</sub></var>, negative) + <var>g</var> (ε(<var>x<sub>t</sub></var>, <var>c</var>) − "
            "ε(<var>x<sub>t</sub></var>, negative))",
            ("2207.12598", "Ho & Salimans 2022"),
            "core/engine.py",
            "asked = [*map(Asked.towards, requests), *map(Asked.away, requests)]",
        ),
    ),
    Stop(
        id="video",
        title="From text to video",
        text=(
            "A video model is a diffusion model too. What it denoises has one more axis, time: all frames come out of "
            "the noise together, each steered by the same prompt as a picture is, and attention lets each frame look "
            "at the others.",
            "The image model shows why frames must be drawn together. We draw four frames of your prompt twice: each "
            "from its own noise, and from noise that changes a little from frame to frame.",
        ),
        question="How much larger are the jumps between frames when each has its own noise?",
        answers=Choices(("About equal", "2 to 10 times as large", "More than 10 times as large")),
        measure="images.video",
        told=(
            "From frame to frame the pixels jump by {apart:.3f} with separate noise and by {turned:.4f} with noise "
            "that changes a little: {times:.0f} times as much.",
            "Related noise alone gives calm frames, but no motion that makes sense. For that, a network must see all "
            "frames at once and learn from videos how things move. The one in the tab Video does.",
        ),
        take="{times:.0f} times: frames from separate noises flicker.",
        attempt=Try(
            "In Video, press “Make a video”: all frames come out of the noise together. Look at the rows of “Frames "
            "by steps”, and at which frames look at which.",
            {"tab": "video", "prompt": "a rocket flying up"},
            "#video-run",
        ),
        source=Source(
            "<var>x<sub>t</sub></var> ∈ R<sup>C×F×h×w</sup>: F frames, one latent, one prediction",
            ("2204.03458", "Ho et al. 2022"),
            "core/engine.py",
            "x[row] = mine * x[row] + its * other",
        ),
    ),
)
