"""Verify that SPARK_HOME, the cluster's master and the JVM have the version of the installed PySpark.

Spark's processes exchange Java-serialized messages. A master of another version drops those that it cannot
deserialize, and after a minute Spark fails with "All masters are unresponsive".
"""

import os
import re
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext, __version__

from headrace.errors import ConfigurationError

# Default port of a master's web page, used if the master does not report its port.
DEFAULT_PAGE_PORT = 8080
PAGE_SECONDS = 2.0
# Short timeouts: Spark itself waits for a master that does not respond.
TIMEOUTS = {
    "spark.rpc.askTimeout": "5s",
    "spark.rpc.lookupTimeout": "5s",
    "spark.rpc.io.connectionCreationTimeout": "5s",
}
INCOMPATIBLE = ("InvalidClassException", "serialVersionUID", "ClassNotFoundException", "StreamCorruptedException")


def require_own_spark_home() -> None:
    """Raise unless SPARK_HOME, whose JVM PySpark would start, has the minor version of PySpark.

    Raises:
        ConfigurationError: SPARK_HOME holds no Spark, or the minor versions differ.
    """
    home = os.environ.get("SPARK_HOME")
    if not home:
        return
    version = _read_version(Path(home))
    if version is not None and not is_same_minor(version, __version__):
        raise ConfigurationError(
            f"SPARK_HOME is {home}, which holds Spark {version}, but PySpark is {__version__}. "
            f"Unset SPARK_HOME, or install pyspark=={_minor(version)}.*."
        )
    program = Path(home) / "bin" / "spark-submit"
    if not os.access(program, os.X_OK):
        found = "is not executable" if program.exists() else "does not exist"
        raise ConfigurationError(
            f"SPARK_HOME is {home}, which holds no Spark that can start: {program} {found}. Unset SPARK_HOME to use "
            f"the Spark of PySpark {__version__}, or correct it."
        )


def require_same_jvm(version: str) -> None:
    """Raise unless the JVM of a session, which spark-submit or a notebook started, has the minor version of PySpark.

    Raises:
        ConfigurationError: the minor versions differ.
    """
    if not is_same_minor(version, __version__):
        raise ConfigurationError(
            f"Spark is {version}, but PySpark is {__version__}. Submit with the spark-submit of Spark {__version__}, "
            f"or install pyspark=={_minor(version)}.* in this environment."
        )


def require_same_master(master: str, conf: SparkConf) -> None:
    """Raise unless a standalone master has the minor version of PySpark; the JVM runs, but there is no session yet.

    A master that does not respond, or does not report its version, passes: Spark handles it later.

    Args:
        master: address such as `spark://host:7077`, or several hosts separated by commas; other kinds always pass.
        conf: configuration of the session.

    Raises:
        ConfigurationError: the minor versions differ.
    """
    if not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        is_compatible, port = _probe_master(f"spark://{address}", conf)
        version = _fetch_version(address, port)
        if not is_compatible or (version is not None and not is_same_minor(version, __version__)):
            minor = _minor(version) if version else "X.Y"
            raise ConfigurationError(
                f"The master spark://{address} runs {f'Spark {version}' if version else 'another version of Spark'}, "
                f"but PySpark is {__version__}. Install pyspark=={minor}.* in this environment, or use a cluster with "
                f"Spark {__version__}."
            )


def is_same_minor(one: str, other: str) -> bool:
    """Return whether two versions belong to the same minor release, such as 4.0.1 and 4.0.5."""
    return _minor(one) == _minor(other)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _read_version(home: Path) -> str | None:
    """Return the version of Spark's core in the folder `home`, from the name of its jar."""
    cores = sorted(home.glob("jars/spark-core_*.jar"))
    match = re.fullmatch(r"spark-core_[\d.]+-(.+)\.jar", cores[0].name) if cores else None
    return match[1] if match else None


def _probe_master(address: str, conf: SparkConf) -> tuple[bool, int | None]:
    """Return whether a master understands this Spark's messages, and the port of its web page if it reports it.

    Two of Spark's own read-only requests: the first precedes every message, the second reports a master's ports.
    """
    jvm = SparkContext._jvm
    probe_conf = conf._jconf.clone()
    for key, value in TIMEOUTS.items():
        probe_conf.set(key, value)
    try:
        environment = _rpc_environment(jvm, probe_conf)
    except Py4JError:
        # These classes are private to Spark, and another version may lack them.
        return True, None
    try:
        endpoint = environment.setupEndpointRef(jvm.org.apache.spark.rpc.RpcAddress.fromSparkURL(address), "Master")
        return True, _page_port(jvm, endpoint)
    except Py4JJavaError as error:
        return not any(name in _causes(error) for name in INCOMPATIBLE), None
    except Py4JError:
        return True, None
    finally:
        environment.shutdown()


def _rpc_environment(jvm: Any, conf: Any) -> Any:
    manager = jvm.org.apache.spark.SecurityManager
    secret, file = (getattr(manager, f"$lessinit$greater$default${number}")() for number in (2, 3))
    host = conf.get("spark.driver.bindAddress", conf.get("spark.driver.host", "0.0.0.0"))
    return jvm.org.apache.spark.rpc.RpcEnv.create("version", host, 0, conf, manager(conf, secret, file), True)


def _page_port(jvm: Any, endpoint: Any) -> int | None:
    with suppress(Py4JError):
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        name = "org.apache.spark.deploy.master.MasterMessages$BoundPortsRequest$"
        request = jvm.java.lang.Class.forName(name, True, loader).getField("MODULE$").get(None)
        any_class = jvm.scala.reflect.ClassTag.apply(jvm.java.lang.Class.forName("java.lang.Object"))
        return int(endpoint.askSync(request, any_class).webUIPort())
    return None


def _causes(error: Py4JJavaError) -> str:
    texts, cause = [], error.java_exception
    while cause is not None:
        texts.append(str(cause.toString()))
        cause = cause.getCause()
    return "\n".join(texts)


def _fetch_version(address: str, port: int | None) -> str | None:
    """Return the version on the web page of the master at `address`; None if there is no such page."""
    url = f"http://{address.rpartition(':')[0]}:{port or DEFAULT_PAGE_PORT}/"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, ValueError):
        text = opener.open(url, timeout=PAGE_SECONDS).read().decode(errors="replace")
        return parse_version(text, f"spark://{address}" if port is None else "spark://")
    return None


def parse_version(text: str, master: str) -> str | None:
    """Return the Spark version on the web page `text`; None unless it is the page of `master`."""
    match = re.search(r'class="version[^"]*"[^>]*>\s*(\d[^<\s]*)', text)
    return match[1] if match and re.search(rf"Spark Master at {re.escape(master)}", text) else None
