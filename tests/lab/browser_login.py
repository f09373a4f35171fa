# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log into the lab's console with headless Chromium, through the load balancer, and save screenshots.

The browser trusts only the lab's certificate authority and is told that the public name is 127.0.0.1;
so the certificate of the load balancer, its name and the whole way to a node are checked.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
LAB_DIR = Path(os.environ.get("LAB_DIR") or ROOT / ".lab")


class LoginError(Exception):
    """The console did not let the browser in."""


def program(name: str) -> str:
    """Return the path of a program that lab/browser.sh installs."""
    found = shutil.which(name)
    if not found:
        sys.exit(f"{name} is not installed: run lab/browser.sh")
    return found


def trust(authority: Path, home: Path) -> None:
    """Make a home directory whose browsers trust the certificate authority."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    certutil = [program("certutil"), "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    subprocess.run([*certutil, "-A", "-n", "lab", "-t", "C,,", "-i", str(authority)], check=True)


def browser(host: str, home: Path) -> webdriver.Chrome:
    """Start Chromium; it resolves `host` to 127.0.0.1 and nothing else."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    for argument in (
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
        f"--user-data-dir={home / 'profile'}",
        f"--host-resolver-rules=MAP {host} 127.0.0.1, MAP * ~NOTFOUND",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses to run as root
    service = webdriver.ChromeService(program("chromedriver"), env={**os.environ, "HOME": str(home)})
    return webdriver.Chrome(options=options, service=service)


def log_in(driver: webdriver.Chrome, url: str, username: str, password: str, pictures: Path) -> str:
    """Fill in the console's login form.

    Args:
        driver: a started browser.
        url: the console's address, https://NAME:PORT/carbon/.
        username: console user.
        password: its password.
        pictures: folder for login.png and console.png.

    Returns:
        The address of the page after the login.

    Raises:
        LoginError: the page has no login form, or the login was refused.
        WebDriverException: the browser ended, or a page took longer than 30 s.
    """
    driver.get(url)
    wait = WebDriverWait(driver, 30)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "input[name=username], #main-frame-error, body.ssl"))
    if not driver.find_elements(By.NAME, "username"):
        text = driver.find_element(By.TAG_NAME, "body").text
        raise LoginError("no login form; the page says: " + " | ".join(text.split("\n")[:12]))
    driver.save_screenshot(str(pictures / "login.png"))
    driver.find_element(By.NAME, "username").send_keys(username)
    secret = driver.find_element(By.NAME, "password")
    secret.send_keys(password)
    secret.submit()
    wait.until(lambda page: "loginStatus=" in page.current_url)
    wait.until(lambda page: page.execute_script("return document.readyState") == "complete")
    if not re.search(r"/carbon/admin/index\.jsp\?(.*&)?loginStatus=true", driver.current_url):
        raise LoginError(f"the console refused the login of {username}")
    driver.save_screenshot(str(pictures / "console.png"))
    return str(driver.current_url)


def main() -> int:
    """Run it; 0 when logged in."""
    default_url = "https://{}:{}/carbon/".format(
        os.environ.get("LAB_PUBLIC_HOST", "login.wso2is.test"), os.environ.get("LAB_PUBLIC_PORT", "8443")
    )
    parser = argparse.ArgumentParser(description="Log into the console with headless Chromium.")
    parser.add_argument("--url", default=default_url)
    parser.add_argument("--ca", type=Path, default=LAB_DIR / "ca" / "ca.crt", help="the only authority that is trusted")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--pictures", type=Path, default=LAB_DIR / "screenshots", help="folder for the screenshots")
    arguments = parser.parse_args()
    password = os.environ.get("LAB_ADMIN_PASSWORD", "Lab-admin-1")
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lab-browser-") as name:
        home = Path(name)
        trust(arguments.ca, home)
        driver = browser(str(urlsplit(arguments.url).hostname), home)
        try:
            landed = log_in(driver, arguments.url, arguments.username, password, arguments.pictures)
        except (LoginError, WebDriverException) as error:
            driver.save_screenshot(str(arguments.pictures / "failed.png"))
            reason = str(error).splitlines()[0]
            print(f"FAILED  browser login at {arguments.url}, now at {driver.current_url}: {reason}")
            print(f"        picture: {arguments.pictures / 'failed.png'}")
            return 1
        finally:
            driver.quit()
    print(f"PROVEN  Chromium logged in as {arguments.username} through the load balancer and landed on {landed}")
    print(f"        pictures: {arguments.pictures}/login.png, console.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
