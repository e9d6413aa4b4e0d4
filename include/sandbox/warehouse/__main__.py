"""Interim entry: serves the feasibility spike until the product's modules replace it."""
import argparse, os, sys, runpy
from pathlib import Path
p = argparse.ArgumentParser(); p.add_argument("--port", type=int, required=True); p.add_argument("--state", type=Path, required=True); p.add_argument("--database", default="ANALYTICS")
a = p.parse_args(); (a.state / "stages").mkdir(parents=True, exist_ok=True)
os.environ["SNOWDUCK_DB_PATH"] = str(a.state.resolve() / "wh.duckdb"); os.environ["SNOWDUCK_STAGE_DIR"] = str(a.state.resolve() / "stages")
ns = runpy.run_path("/work/shared/prototypes/sandbox_warehouse_spike.py", run_name="spike")
import uvicorn
from starlette.responses import JSONResponse
app = ns["server"].create_app()
async def front(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/health":
        return await JSONResponse({"status": "ok"})(scope, receive, send)
    await app(scope, receive, send)
c = ns["HN"].shared_connector.connect(a.database, "PUBLIC"); c.close()
uvicorn.run(front, host="127.0.0.1", port=a.port, log_level="warning", timeout_graceful_shutdown=2)
