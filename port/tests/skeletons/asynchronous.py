"""asyncio, requests and the modules for mail."""
import asyncio
import ssl

import requests
import smtplib


async def fetch(host):
    context = ssl.create_default_context()
    try:
        reader, writer = await asyncio.open_connection(host, 443, ssl=context)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    try:
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        await writer.drain()
        async for line in reader:
            print(line)
        while True:
            data = await reader.read(1024)
            if not data:
                break
    finally:
        writer.close()
        await writer.wait_closed()


async def first(reader: asyncio.StreamReader, server: asyncio.Server, limit):
    try:
        line = await asyncio.wait_for(reader.readline(), timeout=limit)
    except asyncio.TimeoutError:
        return None
    await asyncio.wait_for(server.wait_closed(), 5)
    await asyncio.wait_for(asyncio.wait_for(reader.read(1), 2), None)
    return await asyncio.wait_for(reader.read(5), 3)


def get(urls, session=None):
    if session is None:
        session = requests.Session()
    session.verify = "ca.pem"
    for url in urls:
        try:
            response = session.get(url, timeout=5)
            response.raise_for_status()
        except requests.exceptions.SSLError:
            print("TLS")
        except requests.Timeout as error:
            raise RuntimeError(url) from error
        except ssl.SSLError:
            return None
        else:
            print(response.text)


def post(url):
    try:
        return requests.post(url, data=b"x")
    except requests.RequestException:
        return None


def mail(host, message):
    with smtplib.SMTP(host) as server:
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(message)
