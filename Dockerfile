# The production image: Airflow, the DAGs, the library behind them, the dbt project with its manifest.
# No sandbox, no tests, no development packages, no secret. Needs no BuildKit.
#
#   docker build --build-arg CODE_VERSION="$(git rev-parse HEAD)" -t governed-analytics .

# The slim flavour: what it lacks comes from our lock, so nothing runs that the lock does not name.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.11
FROM ${AIRFLOW_IMAGE}

# `airflow` of the base image, by number, so that a platform can see that it is not root.
USER 50000
WORKDIR /opt/airflow

COPY --chown=50000:0 requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.txt \
    && pip check

COPY --chown=50000:0 deployment.env ./
COPY --chown=50000:0 dags ./dags
COPY --chown=50000:0 dbt ./dbt
COPY --chown=50000:0 include ./include
COPY --chown=50000:0 plugins ./plugins

# The commit this image is built from; the evidence of every run names it.
ARG CODE_VERSION=unversioned
ENV CODE_VERSION=${CODE_VERSION} \
    GOVERNED_ANALYTICS_TARGET=production \
    PYTHONPATH=/opt/airflow \
    DBT_PROFILES_DIR=/opt/airflow/dbt \
    DBT_TARGET_PATH=/opt/airflow/dbt_target \
    DBT_LOG_PATH=/opt/airflow/logs/dbt \
    DATA_DOCS_PATH=/opt/airflow/data_docs

# The manifest and the bytecode are made once, here, and not by every task.
RUN mkdir -p "${DATA_DOCS_PATH}" \
    && DBT_LOG_PATH=/tmp/dbt dbt --quiet parse --project-dir dbt \
    && rm -rf /tmp/dbt \
    && python -c "from include.warehouse.dbt_project import models_manifest; models_manifest()" \
    && python -m compileall -q dags include plugins

# For the default command; docker-compose.yaml has the other components' checks.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=5 \
    CMD ["curl", "--fail", "--silent", "http://localhost:8080/api/v2/monitor/health"]
CMD ["api-server"]
