  write /etc/systemd/system/soundstage-idle.timer 0644 "[Unit]
Description=Look once a minute whether this workstation is idle

[Timer]
OnBootSec=5min
OnUnitActiveSec=1min
AccuracySec=5s

[Install]
WantedBy=timers.target
"
  systemctl daemon-reload
  systemctl enable --now soundstage-idle.timer
