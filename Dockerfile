# A virtual desktop with screenagent in it: one container carries out tasks, plays scripts, or is a node of a Ray cluster.
# What it is for and how it is run: docs/fleet.md.
#
#   docker build --tag screenagent .
#   docker run --rm --init screenagent run "type 'hello'" --virtual --app mousepad --approve never
FROM debian:12-slim

# The X server, window manager, D-Bus, accessibility and editor that `make demo` uses; APPS are yours, by Debian's names.
ARG APPS=""
COPY .ci/packages /opt/build/.ci/packages
# hadolint ignore=DL3008,SC2086
RUN /opt/build/.ci/packages python demo \
    && apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends fonts-dejavu-core $APPS \
    && rm -rf /var/lib/apt/lists/*

# `fleet` brings Ray, 0.4 GB: docker build --build-arg EXTRAS=desktop,fleet
ARG EXTRAS=desktop,workers,server
COPY pyproject.toml README.md LICENSE NOTICE /opt/build/
COPY prompts /opt/build/prompts
COPY screenagent /opt/build/screenagent
RUN python3 -m venv /opt/screenagent \
    && /opt/screenagent/bin/pip install --quiet --no-cache-dir "/opt/build[${EXTRAS}]" \
    && rm -rf /opt/build

# Nothing here needs root: not the X server, not the desktop, not the results, which go to a folder that is mounted there.
RUN useradd --create-home --uid 1000 agent \
    && install --directory --owner=agent --group=agent /results
USER agent
WORKDIR /results
ENV PATH=/opt/screenagent/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1
VOLUME /results
ENTRYPOINT ["screenagent"]
CMD ["--help"]
