"""Whether the other parts of a Spark have the version of this PySpark: SPARK_HOME, the cluster's master, the JVM.

Spark's processes speak Java serialization with each other. A master of another version drops what it does not
understand, and Spark gives it up after a minute with the words "All masters are unresponsive".
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

# On the machine that the master names, or on the one where its page usually is.
USUAL_PAGE_PORT = 8080
PAGE_SECONDS = 2.0
# A master that does not answer is Spark's to wait for.
PATIENCE = {
    "spark.rpc.askTimeout": "5s",
    "spark.rpc.lookupTimeout": "5s",
    "spark.rpc.io.connectionCreationTimeout": "5s",
}
FOREIGN = ("InvalidClassException", "serialVersionUID", "ClassNotFoundException", "StreamCorruptedException")
SAME_MINOR = "install pyspark=={minor}.* in this environment, or use a cluster with Spark {mine}"


def require_own_spark_home() -> None:
    """Make sure that SPARK_HOME, whose JVM PySpark would start, has the minor version of PySpark.

    Raises:
        ConfigurationError: it has another.
    """
    home = os.environ.get("SPARK_HOME")
    found = _version_in(Path(home)) if home else None
    if found is not None and not is_same_minor(found, __version__):
        raise ConfigurationError(
            f"SPARK_HOME is {home}, which holds Spark {found}, and PySpark here is {__version__}; "
            f"unset SPARK_HOME, or install pyspark=={_minor(found)}.*."
        )


def require_same_jvm(version: str) -> None:
    """Make sure that the JVM of a session, which spark-submit or a notebook started, has the minor version of PySpark.

    Raises:
        ConfigurationError: it has another.
    """
    if not is_same_minor(version, __version__):
        raise ConfigurationError(
            f"Spark is {version} and PySpark here is {__version__}; submit with Spark {__version__}'s spark-submit, "
            f"or install pyspark=={_minor(version)}.* in this environment."
        )


def require_same_master(master: str, conf: SparkConf) -> None:
    """Make sure that a standalone master has the minor version of PySpark; there is a JVM but no session yet.

    Nothing is said of a master that does not answer, or does not tell its version: Spark will find out.

    Args:
        master: such as `spark://host:7077`, or several hosts after commas; of other kinds nothing is asked.

    Raises:
        ConfigurationError: it has another.
    """
    if not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        understood, port = _ask_master(f"spark://{address}", conf)
        found = _version_on_page(address, port)
        if not understood or (found is not None and not is_same_minor(found, __version__)):
            fix = SAME_MINOR.format(minor=_minor(found) if found else "X.Y", mine=__version__)
            raise ConfigurationError(
                f"The master spark://{address} runs {f'Spark {found}' if found else 'another version of Spark'}, "
                f"and PySpark here is {__version__}; the two do not understand each other: {fix}."
            )


def is_same_minor(one: str, other: str) -> bool:
    """Return whether two versions are of one minor release, such as 4.0.1 and 4.0.5."""
    return _minor(one) == _minor(other)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _version_in(home: Path) -> str | None:
    """The version of Spark's core in a folder."""
    cores = sorted(home.glob("jars/spark-core_*.jar"))
    found = re.fullmatch(r"spark-core_[\d.]+-(.+)\.jar", cores[0].name) if cores else None
    return found[1] if found else None


def _ask_master(address: str, conf: SparkConf) -> tuple[bool, int | None]:
    """Whether a master understands us, and the port of its page if it tells; two questions that change nothing there.

    They are Spark's own: the first comes before every message, the second is how a master learns of its own ports.
    """
    jvm = SparkContext._jvm
    asking = conf._jconf.clone()
    for key, value in PATIENCE.items():
        asking.set(key, value)
    try:
        environment = _rpc_environment(jvm, asking)
    except Py4JError:
        # These classes are Spark's private matter.
        return True, None
    try:
        endpoint = environment.setupEndpointRef(jvm.org.apache.spark.rpc.RpcAddress.fromSparkURL(address), "Master")
        return True, _page_port(jvm, endpoint)
    except Py4JJavaError as error:
        return not any(word in _causes(error) for word in FOREIGN), None
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
        anything = jvm.scala.reflect.ClassTag.apply(jvm.java.lang.Class.forName("java.lang.Object"))
        return int(endpoint.askSync(request, anything).webUIPort())
    return None


def _causes(error: Py4JJavaError) -> str:
    texts, cause = [], error.java_exception
    while cause is not None:
        texts.append(str(cause.toString()))
        cause = cause.getCause()
    return "\n".join(texts)


def _version_on_page(address: str, port: int | None) -> str | None:
    """The version on the page of the master at `address`; None where there is no such page."""
    page = f"http://{address.rpartition(':')[0]}:{port or USUAL_PAGE_PORT}/"
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, ValueError):
        text = directly.open(page, timeout=PAGE_SECONDS).read().decode(errors="replace")
        return version_on_page(text, f"spark://{address}" if port is None else "spark://")
    return None


def version_on_page(text: str, master: str) -> str | None:
    """Return the version on a master's page, if it is the page of `master`."""
    found = re.search(r'class="version[^"]*"[^>]*>\s*(\d[^<\s]*)', text)
    return found[1] if found and re.search(rf"Spark Master at {re.escape(master)}", text) else None
