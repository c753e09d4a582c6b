"""`python -m experiments explore`: the explorer in a browser on this machine."""

from __future__ import annotations

from pathlib import Path


def explore(port: int = 8571, open: bool = False, runtime: Path | None = None) -> None:
    """Serve the explorer on this machine: type a scheme into a page, and see when it is stable.

    Built into the cache the first time, which needs npm or a network once. Ctrl+C ends it.

    Args:
        port: on 127.0.0.1; 0 for any that is free.
        open: open it in the browser too.
        runtime: Pyodide's package as a file, where there is no network.
    """
    from experiments.explorer.serving import built, server

    with server(port) as serving:
        serving.site = built(runtime)
        address = f"http://127.0.0.1:{serving.server_address[1]}/"
        print(f"explorer: {address} (Ctrl+C ends it)", flush=True)
        if open:
            import webbrowser

            webbrowser.open(address)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()
