# Two stages: what is needed to install stays behind; the image holds Python, the portal and what it depends on.
FROM python:3.12-slim AS build
WORKDIR /portal
RUN python -m venv /portal/venv
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN /portal/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY app app
COPY migrations migrations
RUN /portal/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .

FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data reprise && install -d -o reprise -g reprise /data
WORKDIR /portal
COPY --from=build /portal /portal
COPY content content
COPY tools/start tools/start
ENV PATH=/portal/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 \
    DATABASE_URL=sqlite:////data/reprise.db
VOLUME /data
EXPOSE 8000
USER reprise
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["tools/start"]
