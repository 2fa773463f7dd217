# One process, one volume. Build: docker build -t headwater .
FROM python:3.13-slim

WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# What is installed is this folder, so there is no version to pin.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir ".[local]" \
 && groupadd --system --gid 10001 headwater \
 && useradd --system --uid 10001 --gid 10001 headwater \
 && install -d -o 10001 -g 10001 -m 700 /data

# By number, so that a cluster can tell that it is not root.
USER 10001:10001
ENV HEADWATER_HOST=0.0.0.0 \
    HEADWATER_PORT=8080 \
    HEADWATER_DATA=/data
VOLUME /data
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=6s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/ready', timeout=5)"]

# SIGTERM drains; give it longer than shutdown_grace (15 s) before SIGKILL.
CMD ["headwater", "serve"]
