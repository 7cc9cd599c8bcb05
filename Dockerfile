# docker build --build-arg TORCH_INDEX=<the index of PyTorch's CPU build, as pytorch.org names it> -t driftscope .
# docker run --rm -p 7860:7860 driftscope
# Without TORCH_INDEX, pip takes whichever build its own index has: with CUDA, the image is some gigabytes larger.
FROM python:3.11-slim

ARG TORCH_INDEX=""
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-compile ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep '^torch==' requirements.txt)" \
    && pip install --no-compile -r requirements.txt

COPY LICENSE .
COPY core core
COPY dashboard dashboard
COPY assets assets

# what it may write is its home, and .cache, where the faster backend's graphs are kept
RUN useradd --create-home --uid 10001 driftscope && mkdir .cache && chown driftscope .cache
USER driftscope

EXPOSE 7860
HEALTHCHECK --start-period=90s --interval=30s --timeout=6s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/health', timeout=5)"]
CMD ["python", "-m", "dashboard", "--host", "0.0.0.0", "--public", "--log"]
