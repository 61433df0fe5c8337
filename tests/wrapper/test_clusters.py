"""Clusters and base URLs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from voucherify_wrapper import ApiKey, Cluster, ConfigurationError, Voucherify
from voucherify_wrapper._clusters import DOWNLOAD_CLUSTERS

DOCUMENT = Path(__file__).parents[2] / "openapi" / "vouchers.json"


def host_called(**settings: Any) -> str:
    """The origin of the URL that a client with these settings calls."""
    urls: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        urls.append(request.url)
        return httpx.Response(204)

    with Voucherify(ApiKey("id", "token"), transport=httpx.MockTransport(answer), **settings) as voucherify:
        voucherify.release_validation_session("2CpRCE2c", "ssn_any")
    return str(urls[0]).removesuffix("/v1/vouchers/2CpRCE2c/sessions/ssn_any")


def test_the_documents_clusters_are_the_wrappers() -> None:
    """When the vendor adds, drops or renames a cluster, this fails until the wrapper knows."""
    server = json.loads(DOCUMENT.read_text(encoding="utf-8"))["servers"][0]

    assert {*Cluster, *DOWNLOAD_CLUSTERS} == set(server["variables"]["cluster"]["enum"])
    assert server["variables"]["cluster"]["default"] == Cluster.EU
    for cluster in Cluster:
        assert server["url"].replace("{cluster}", cluster) == cluster.base_url


@pytest.mark.parametrize(
    ("cluster", "host"),
    [
        (Cluster.EU, "https://api.voucherify.io"),
        (Cluster.US, "https://us1.api.voucherify.io"),
        (Cluster.ASIA, "https://as1.api.voucherify.io"),
        ("us1.api", "https://us1.api.voucherify.io"),
        ("US", "https://us1.api.voucherify.io"),
        ("asia", "https://as1.api.voucherify.io"),
        (None, "https://api.voucherify.io"),
    ],
)
def test_a_cluster_is_chosen_by_member_value_or_name(cluster: Any, host: str) -> None:
    """Europe is the default; a cluster's member, its value and its name all lead to its host."""
    assert host_called(cluster=cluster) == host


@pytest.mark.parametrize("cluster", ["download", "us1.download", "as1.download"])
def test_a_download_cluster_is_refused_with_the_reason(cluster: str) -> None:
    """The document lists them, but they answer no operation."""
    with pytest.raises(ConfigurationError, match="exported files only"):
        Voucherify(ApiKey("id", "token"), cluster=cluster)


@pytest.mark.parametrize("cluster", ["", "eu1", "https://api.voucherify.io", 7])
def test_an_unknown_cluster_is_refused_with_the_choices(cluster: Any) -> None:
    """The error lists what there is."""
    with pytest.raises(ConfigurationError, match=r"us1\.api"):
        Voucherify(ApiKey("id", "token"), cluster=cluster)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.voucherify.example", "https://shop.voucherify.example"),
        ("https://shop.voucherify.example/", "https://shop.voucherify.example"),
        ("HTTPS://Shop.Voucherify.Example:8443", "https://shop.voucherify.example:8443"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_dedicated_cluster_has_a_base_url(url: str, host: str) -> None:
    """Https anywhere, plain http on loopback alone."""
    assert host_called(base_url=url) == host


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "empty"),
        ("shop.example", "https://"),
        ("ftp://shop.example", "https://"),
        ("https://", "host"),
        ("https:///v1", "path"),
        ("https://:443", "host"),
        ("https://shop.example:", "port"),
        ("https://shop.example:0", "port"),
        ("https://shop.example:99999", "port"),
        ("https://shop.example:http", "port"),
        ("https://user:hunter2@shop.example", "user name"),
        ("https://@shop.example", "user name"),
        ("https://shop.example/v1", "path"),
        ("https://shop.example?", "query"),
        ("https://shop.example?a=b", "query"),
        ("https://shop.example/#top", "fragment"),
        ("https://shop.exam ple", "blank"),
        ("https://shop.example\n", "blank"),
        ("https://shöp.example", "ASCII"),
        ("https://shop.example\\evil", "host"),
        ("https://shop..example", "host"),
        ("https://-shop.example", "host"),
        ("https://[::1", "host"),
        ("https://[::1%25eth0]", "host"),
        ("http://shop.example", "loopback"),
        ("http://localhost.example", "loopback"),
        ("http://128.0.0.1", "loopback"),
        ("https://download.voucherify.io", "exported files only"),
        ("https://US1.download.voucherify.io", "exported files only"),
        (7, "text"),
        ("https://1.2.3.999", "base_url"),
        ("https://xn--a", "base_url"),
    ],
)
def test_a_base_url_that_breaks_a_rule_is_refused_at_construction(url: Any, problem: str) -> None:
    """The error says which rule, and does not repeat the URL, which may hold a password."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Voucherify(ApiKey("id", "token"), base_url=url)

    assert "hunter2" not in str(caught.value)


def test_cluster_and_base_url_exclude_each_other() -> None:
    """Two answers to one question are no answer."""
    with pytest.raises(ConfigurationError, match="both"):
        Voucherify(ApiKey("id", "token"), cluster=Cluster.US, base_url="https://shop.example")
