# docker build -t leverframe .
# docker run --rm -v leverframe:/data leverframe init          writes /data/leverframe.toml, once
# docker run -p 8080:8080 -v leverframe:/data --env-file .env leverframe

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/leverframe
WORKDIR /build
COPY requirements.lock ./
RUN /opt/leverframe/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN /opt/leverframe/bin/pip install --no-deps --no-build-isolation . \
    && /opt/leverframe/bin/python -m compileall -q /opt/leverframe/lib \
    && /opt/leverframe/bin/pip uninstall -y -q pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin leverframe \
    && install -d -o leverframe -g leverframe -m 0750 /data
COPY --from=build /opt/leverframe /opt/leverframe
ENV PATH=/opt/leverframe/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LEVERFRAME_CONFIG=/data/leverframe.toml \
    PORT=8080
WORKDIR /data
VOLUME /data
USER leverframe
EXPOSE 8080
# Open, and says only ok or not. A hub that is starting gets 20 seconds.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["leverframe"]
CMD ["serve"]
