#!/bin/sh
# Entry point of the image: runs the given command. Spark on Kubernetes passes `driver` or `executor`.
set -eu

# Spark passes the executor's JVM options in numbered variables.
executor_options() {
    env | sed -n 's/^SPARK_JAVA_OPT_\([0-9]*\)=/\1 /p' | sort -n | cut -d ' ' -f 2-
}

run_driver() {
    exec spark-submit --deploy-mode client \
        --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
        --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" "$@"
}

run_executor() {
    # One option per line; Spark's options contain no line breaks.
    IFS='
'
    # shellcheck disable=SC2046 # one word per line
    set -- $(executor_options)
    unset IFS
    exec java "$@" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
        -cp "${SPARK_CONF_DIR:+$SPARK_CONF_DIR:}${SPARK_CLASSPATH:+$SPARK_CLASSPATH:}$SPARK_HOME/jars/*" \
        org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
        --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
        --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
        --resourceProfileId "${SPARK_RESOURCE_PROFILE_ID:-0}" --podName "${SPARK_EXECUTOR_POD_NAME:-}"
}

case "${1:-}" in
    driver) shift && run_driver "$@" ;;
    executor) run_executor ;;
    check | compare | config | convert | evaluate | explain | export | fetch | init | inspect | models | networks | \
        predict | prepare | read-epoch | report | retrain | runs | schedule | spark-properties | train | tune | vacuum)
        exec headrace "$@" ;;
    *) exec "$@" ;;
esac
