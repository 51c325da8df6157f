# shellcheck shell=sh
# Managed by Ansible (slipway.runtimes.podman). Clients of Docker's API find Podman's socket, where there is one.
if [ -z "${DOCKER_HOST:-}" ]; then
    if [ -S "${XDG_RUNTIME_DIR:-/nowhere}/podman/podman.sock" ]; then
        export DOCKER_HOST="unix://$XDG_RUNTIME_DIR/podman/podman.sock"
    elif [ -w /run/podman/podman.sock ]; then
        export DOCKER_HOST=unix:///run/podman/podman.sock
    fi
fi
