"""What hypothesis draws for the tests: any request that can be made."""

from hypothesis import strategies as st

from core.types import MAX_BRANCHES, MAX_GUIDANCE, MAX_PROMPT, MAX_SEED, MAX_STEPS, SPACINGS, WAYS, Request
from core.updates import SAMPLERS

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t\r"), max_size=60)
SHARE = st.floats(0, 1)
SEED = st.integers(0, MAX_SEED)
LANE = st.tuples(st.sampled_from(list(SAMPLERS)), st.integers(1, MAX_STEPS), SHARE)


@st.composite
def requests(draw):
    steps = draw(st.integers(1, MAX_STEPS))
    at = st.lists(st.integers(1, steps - 1), unique=True, max_size=MAX_BRANCHES) if steps > 1 else st.just([])
    low, high = sorted((draw(SHARE), draw(SHARE)))
    numbers = st.floats(-1, 1).filter(lambda number: abs(number) > 0.01)
    vector = draw(st.none() | st.lists(numbers, min_size=2, max_size=8))
    if vector is not None:
        length = sum(number**2 for number in vector) ** 0.5
        vector = tuple(number / length for number in vector)
    return Request(
        prompt=draw(TEXT | st.just("é" * MAX_PROMPT)),
        negative_prompt=draw(TEXT),
        seed=draw(SEED),
        sampler=draw(st.sampled_from(list(SAMPLERS))),
        steps=steps,
        guidance=draw(st.floats(0, MAX_GUIDANCE) | st.integers(0, 30)),
        eta=draw(SHARE),
        spacing=draw(st.sampled_from(SPACINGS)),
        branches=tuple((k, draw(SEED)) for k in sorted(draw(at))),
        guidance_low=low,
        guidance_high=high,
        embedding=vector,
        variation_seed=draw(SEED),
        variation_strength=draw(SHARE),
        variation_way=draw(st.sampled_from(WAYS)),
        guidance_rescale=draw(SHARE),
        distilled_guidance=draw(st.floats(0, MAX_GUIDANCE)),
    )
