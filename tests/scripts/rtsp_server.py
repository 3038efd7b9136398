"""An RTSP server for tests: prints its address, then serves a short live stream to whoever connects.

usage: rtsp_server.py [FRAMES]   (default: 45, one and a half seconds)
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 (after require_version)

Gst.init(None)
frames = int(sys.argv[1]) if len(sys.argv) > 1 else 45
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( videotestsrc is-live=true pattern=ball num-buffers={frames} ! video/x-raw,width=320,height=180,framerate=30/1 "
                   "! x264enc tune=zerolatency key-int-max=15 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)  # no packet is lost
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")  # any free port
server.get_mount_points().add_factory("/test", factory)
server.attach(None)
print(f"rtsp://127.0.0.1:{server.get_bound_port()}/test", flush=True)
GLib.MainLoop().run()
